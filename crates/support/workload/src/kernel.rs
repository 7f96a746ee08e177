//! A computation that no compiler can shorten: every step needs the one before it, and there is no formula for the last.
//!
//! It is Marsaglia's xorshift generator with 64 bits ("Xorshift RNGs", Journal of Statistical Software 8/14, 2003). A sum
//! of squares, which would be the obvious choice, is turned into a closed form by LLVM.

use std::hint::black_box;

/// Where a computation begins; any number but zero would do.
pub const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// Computes `steps` steps from [`SEED`] in one piece; a step takes about two nanoseconds.
pub fn compute(steps: u64) -> u32 {
    answer(advance(SEED, steps))
}

/// Computes `steps` steps from `state`; two pieces come to the same as one with the steps of both.
pub fn advance(state: u64, steps: u64) -> u64 {
    // Several that begin alike could else be computed once, and the answer used for all.
    let mut state = black_box(state);
    for _ in 0..steps {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    // One whose answer nobody uses would else not be computed at all.
    black_box(state)
}

/// What a computation that has come to `state` has found: its upper half, since a metric is a float, which cannot hold all
/// 64 bits.
pub fn answer(state: u64) -> u32 {
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_to_the_same_as_the_whole() {
        let whole = compute(1_000);
        let pieces = (0..10).fold(SEED, |state, _| advance(state, 100));
        assert_eq!(answer(pieces), whole);
    }

    #[test]
    fn every_step_counts() {
        let answers: std::collections::BTreeSet<_> = (0..1_000).map(compute).collect();
        assert_eq!(answers.len(), 1_000);
    }

    #[test]
    fn it_is_the_generator_of_the_paper() {
        // The paper's seed, and the first number it leads to.
        assert_eq!(advance(88_172_645_463_325_252, 1), 8_748_534_153_485_358_512);
    }
}
