"""The computation, which has to come to the same as that of the crate `workload`."""

from __future__ import annotations

import unittest

import kernel


class KernelTest(unittest.TestCase):
    def test_its_answers_are_those_that_the_cases_and_tests_in_rust_expect(self) -> None:
        for steps, answer in [(10_000, 2_301_086_359), (100_000, 3_736_036_453), (1_000_000, 1_047_816_836)]:
            self.assertEqual(kernel.compute(steps), answer)

    def test_it_is_the_generator_of_the_paper(self) -> None:
        # The paper's seed, and the first number it leads to.
        self.assertEqual(kernel.advance(88_172_645_463_325_252, 1), 8_748_534_153_485_358_512)

    def test_no_step_leaves_the_seed(self) -> None:
        self.assertEqual(kernel.compute(0), 0x9E37_79B9)

    def test_pieces_come_to_the_same_as_the_whole(self) -> None:
        state = kernel.SEED
        for piece in (1, 399, 0, 600):
            state = kernel.advance(state, piece)
        self.assertEqual(kernel.answer(state), kernel.compute(1_000))

    def test_every_step_counts(self) -> None:
        self.assertEqual(len({kernel.compute(steps) for steps in range(1_000)}), 1_000)


if __name__ == "__main__":
    unittest.main()
