//! What there is to do, the same for all variants.

use std::time::Duration;

/// How many steps a worker computes before it looks whether another wants the lock: about 20 microseconds.
pub const PIECE: u64 = 10_000;

/// Workers that compute, and others that wait for something again and again, all at once.
#[derive(Debug, Clone, Copy)]
pub struct Jobs {
    pub computing: u64,
    pub waiting: u64,
    /// How many steps each of the computing ones has.
    pub steps: u64,
    /// How often each of the waiting ones waits; after each it computes a piece, as a program does with what it has read.
    pub waits: u64,
    /// How long it waits each time. It sleeps, which stands for any I/O: it has neither the lock nor a core meanwhile.
    pub each: Duration,
}

/// So many steps, in pieces.
pub fn pieces(steps: u64) -> impl Iterator<Item = u64> {
    (0..steps.div_ceil(PIECE)).map(move |piece| PIECE.min(steps - piece * PIECE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_has_what_is_left() {
        let of = |steps| pieces(steps).collect::<Vec<_>>();
        assert_eq!(of(0), []);
        assert_eq!(of(1), [1]);
        assert_eq!(of(PIECE), [PIECE]);
        assert_eq!(of(2 * PIECE + 1), [PIECE, PIECE, 1]);
    }
}
