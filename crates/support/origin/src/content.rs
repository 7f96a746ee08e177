//! What the bodies hold: nothing random, so that a client can check every byte it received.

use std::sync::LazyLock;

use hyper::body::Bytes;

/// The period of [`byte`]: a prime, so that a lost, doubled or swapped block does not go unnoticed.
const PERIOD: u64 = 251;

const BLOCK_BYTES: usize = 251 * 256;

/// Whole periods, so that every block of a body begins alike.
static BLOCK: [u8; BLOCK_BYTES] = {
    let mut block = [0; BLOCK_BYTES];
    let mut at = 0;
    while at < block.len() {
        block[at] = byte(at as u64);
        at += 1;
    }
    block
};

/// The most numbers that one `/numbers/N` holds.
pub(crate) const MAX_NUMBERS: usize = 100_000;

/// `[1000000,1007919,...` up to the last number: eight bytes each with the bracket or comma before it,
/// so that the text of n numbers is the first 8n bytes and a closing bracket.
static NUMBERS: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::with_capacity(8 * MAX_NUMBERS);
    for index in 0..MAX_NUMBERS as u64 {
        text.push(if index == 0 { '[' } else { ',' });
        text.push_str(&number(index).to_string());
    }
    text
});

/// The byte at place `index`, counted from 0, of `/bytes/N`, `/drip/N` and the bodies that are cut
/// short: `index % 251`.
pub const fn byte(index: u64) -> u8 {
    (index % PERIOD) as u8
}

/// The number at place `index`, counted from 0, of `/numbers/N`: `1000000 + index * 7919 % 9000000`,
/// so seven digits always.
pub const fn number(index: u64) -> u64 {
    1_000_000 + index % 9_000_000 * 7_919 % 9_000_000
}

/// Up to `most` bytes of the endless pattern from place `at` on; copies nothing.
pub(crate) fn bytes(at: u64, most: u64) -> Bytes {
    let start = usize::from(byte(at));
    let length = usize::try_from(most).map_or(BLOCK.len(), |most| most.min(BLOCK.len() - start));
    Bytes::from_static(&BLOCK[start..][..length])
}

/// The JSON array of the first `count` numbers, at most [`MAX_NUMBERS`].
pub(crate) fn numbers(count: usize) -> Bytes {
    if count == 0 {
        return Bytes::from_static(b"[]");
    }
    let mut text = Vec::with_capacity(8 * count + 1);
    text.extend_from_slice(&NUMBERS.as_bytes()[..8 * count]);
    text.push(b']');
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_from_any_place_is_the_pattern_from_there() {
        for at in [0, 1, 250, 251, 64_255, 64_256, 1 << 40] {
            for (i, got) in bytes(at, 1_000).iter().enumerate() {
                assert_eq!(*got, ((at + i as u64) % 251) as u8, "{i} after {at}");
            }
        }
    }

    #[test]
    fn the_longest_array_of_numbers_is_json() {
        let numbers: Vec<u64> = serde_json::from_slice(&numbers(MAX_NUMBERS)).unwrap();
        assert_eq!(numbers.len(), MAX_NUMBERS);
        assert!(numbers.iter().zip(0..).all(|(n, i)| *n == number(i)));
    }
}
