//! K1 to K3 in CPython, by blocking-client.

use super::super::blocking::{AtOnce, Pair, freezes, hands_over, keeps_running};
use super::super::{CLIENT, Judged, Verdict};
use super::{Rule, judged_by, told};
use crate::series::Series;

pub(super) const RULES: [Rule; 3] = [
    Rule {
        id: "K1",
        experiments: &[CLIENT],
        threshold: "20 requests by 4 users, p99 of the lateness of a 1 ms heartbeat, of each run, beside python_asyncio_inline divided by \
            that beside python_asyncio_to_thread: holds if it is at least 20, fails if not; unsettled where the interval lies on \
            both sides or a row has fewer than 5 runs or fewer than 1,000 beats in all",
        judge: |all| k1(all.get(CLIENT)?),
    },
    Rule {
        id: "K2",
        experiments: &[CLIENT],
        threshold: "20 requests by 4 users, p99 of the lateness of a 1 ms heartbeat, of each run: the loop keeps running if that beside \
            python_aiohttp and that beside python_aiohttp_session_per_call is each at most 1/20 of that beside \
            python_asyncio_inline: fails if not; holds if python_aiohttp_session_per_call also takes no more than 1.1 times the \
            whole time of python_aiohttp and opens no more connections, else holds-but; unsettled where an interval lies on both \
            sides or a row has fewer than 5 runs or fewer than 1,000 beats in all",
        judge: |all| k2(all.get(CLIENT)?),
    },
    Rule {
        id: "K3",
        experiments: &[CLIENT],
        threshold: "20 requests by 4 users, p99 of the lateness of a 1 ms heartbeat, of each run: the loop keeps running if that beside \
            python_asyncio_to_thread is at most 1/20 of that beside python_asyncio_inline: fails if not. 128 requests at once, which \
            is more than the default executor has threads on any machine, the time of the work alone divided by that of \
            python_threads: calls queue if that of python_asyncio_to_thread is at least 1.5: holds if they do not, holds-but if they \
            do; unsettled where an interval lies on both sides or a row has fewer than 5 runs or, of the heartbeat's, fewer than \
            1,000 beats in all",
        judge: |all| k3(all.get(CLIENT)?),
    },
];

pub(super) const FEW: &str = "20-requests";
pub(super) const AT_ONCE: &str = "128-at-once";

pub(super) const THREADS: &str = "python_threads";
const INLINE: &str = "python_asyncio_inline";
/// The loop's default executor.
pub(super) const DEFAULT: &str = "python_asyncio_to_thread";
/// One with as many threads as there are users.
pub(super) const OWN: &str = "python_asyncio_executor_of_its_own";
const SESSION: &str = "python_aiohttp";
const SESSIONS: &str = "python_aiohttp_session_per_call";

fn k1(client: &Series) -> Judged {
    told(client.data, Ok(freezes(&Pair::all(client, FEW, [[INLINE, DEFAULT]])?)))
}

fn k2(client: &Series) -> Judged {
    let pairs = Pair::all(client, FEW, [[INLINE, SESSION], [INLINE, SESSIONS]])?;
    told(client.data, keeps_running(client, FEW, &pairs, [SESSION, SESSIONS]))
}

fn k3(client: &Series) -> Judged {
    let pairs = Pair::all(client, FEW, [[INLINE, DEFAULT]])?;
    let (verdict, mut evidence) =
        hands_over(&pairs, "128", &[AtOnce::of(client, AT_ONCE, [DEFAULT, THREADS])?]);
    if verdict == Verdict::HoldsBut {
        evidence += ", since the default executor has min(32, cores + 4) threads";
        if let Ok(own) = AtOnce::of(client, AT_ONCE, [OWN, THREADS]) {
            evidence += &format!("; with a thread for each call, {}", own.words);
        }
    }
    Ok((verdict, judged_by(client.data, &evidence)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::Verdict::{Fails, Holds, HoldsBut, Unsettled};
    use super::super::super::decide::tests::series;
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    const LATE: &str = "metrics.late_p99_s";

    /// Five runs of a second with 200 beats each, a second late inline and 50 ms with another, and four connections.
    fn beating(case: &str, variant: &str) -> Row {
        let mut row = row(case, variant, 5, |_| Cost { seconds: 1.0, resident: 1e6, ..Cost::default() });
        row.interpreter = Some("CPython 3.11.7".into());
        set(&mut row, LATE, |_| if variant == INLINE { 1.0 } else { 0.05 });
        set(&mut row, "metrics.beats", |_| 200.0);
        set(&mut row, "witness.connections", |_| 4.0);
        set(&mut row, "metrics.cold_s", |_| 1.0);
        set(&mut row, "metrics.cold_hwm_bytes", |_| 1e7);
        row
    }

    /// Everything measured, and as the article says.
    pub(in super::super) fn full() -> Data {
        let few = [THREADS, INLINE, DEFAULT, SESSION, SESSIONS].map(|variant| beating(FEW, variant));
        let at_once = [THREADS, DEFAULT, OWN].map(|variant| beating(AT_ONCE, variant));
        let cold = [THREADS, SESSION].map(|variant| beating("1-request-cold", variant));
        synthetic::data(CLIENT, few.into_iter().chain(at_once).chain(cold).collect())
    }

    type Rule = fn(&Series) -> Judged;

    /// What is judged if a figure is another in these rows.
    fn judged(rule: Rule, changes: &[(&str, &str, &str, f64)]) -> (Verdict, String) {
        let mut data = full();
        for (case, variant, name, figure) in changes {
            set(row_in(&mut data, case, variant), name, |_| *figure);
        }
        rule(&series(&data)).unwrap()
    }

    #[test]
    fn k1_takes_a_lateness_twenty_times_as_large() {
        let verdict = |late| judged(k1, &[(FEW, DEFAULT, LATE, late)]).0;
        assert_eq!((verdict(0.05), verdict(0.0501)), (Holds, Fails));
        let (_, evidence) = judged(k1, &[]);
        let asked = "CPython 3.11.7: p99 of the lateness: python_asyncio_inline 1.00 s and python_asyncio_to_thread 50.0 ms, 20 [20, \
             20] times";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn k2_fails_unless_both_keep_the_loop_running() {
        for variant in [SESSION, SESSIONS] {
            let verdict = |late| judged(k2, &[(FEW, variant, LATE, late)]).0;
            assert_eq!((verdict(0.05), verdict(0.0501)), (Holds, Fails));
        }
    }

    #[test]
    fn k2_asks_what_a_session_for_each_call_costs() {
        let judged = |seconds, connections| {
            let mut data = full();
            let row = row_in(&mut data, FEW, SESSIONS);
            row.times_s = vec![seconds; 5];
            set(row, "witness.connections", |_| connections);
            k2(&series(&data)).unwrap()
        };
        let verdicts = (judged(1.1, 4.0).0, judged(1.11, 4.0).0, judged(1.0, 5.0).0);
        assert_eq!(verdicts, (Holds, HoldsBut, HoldsBut));
        let (_, evidence) = judged(1.0, 20.0);
        let asked = "python_aiohttp_session_per_call takes 1.00 [1.00, 1.00] times the whole time of python_aiohttp and opens 20 \
             connections, python_aiohttp 4; with one client for all: one for each call keeps the loop running too, but costs more";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn k3_keeps_the_loop_running_and_lets_calls_queue_or_not() {
        let verdict = |changes: &[_]| judged(k3, changes).0;
        assert_eq!(verdict(&[]), Holds);
        assert_eq!(verdict(&[(FEW, DEFAULT, LATE, 0.0501)]), Fails);
        assert_eq!(verdict(&[(AT_ONCE, DEFAULT, "elapsed_s", 1.49)]), Holds);
        assert_eq!(verdict(&[(AT_ONCE, DEFAULT, "elapsed_s", 1.5)]), HoldsBut);
        // It is the cure, and no part of the claim.
        assert_eq!(verdict(&[(AT_ONCE, OWN, "elapsed_s", 9.0)]), Holds);
    }

    #[test]
    fn k3_tells_why_calls_wait_and_what_helps() {
        let peak = "witness.peak_in_flight";
        let changes = [
            (AT_ONCE, DEFAULT, "elapsed_s", 9.0),
            (AT_ONCE, DEFAULT, peak, 6.0),
            (AT_ONCE, OWN, peak, 128.0),
        ];
        let (_, evidence) = judged(k3, &changes);
        let asked = "; the work of 128 at once against threads: python_asyncio_to_thread 9.00 [9.00, 9.00] times with at most 6 in \
             flight; the calls past the pool's size wait with python_asyncio_to_thread, since the default executor has min(32, \
             cores + 4) threads; with a thread for each call, python_asyncio_executor_of_its_own 1.00 [1.00, 1.00] times with at most \
             128 in flight";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn each_is_open_where_an_interval_is() {
        let open = |rule: Rule, case, variant, name, figures: [f64; 2]| {
            let mut data = full();
            set(row_in(&mut data, case, variant), name, |run| figures[run % 2]);
            assert_eq!(rule(&series(&data)).unwrap().0, Unsettled, "{variant}: {name}");
        };
        for rule in [k1, k2, k3] {
            open(rule, FEW, INLINE, LATE, [0.9, 1.1]);
        }
        open(k2, FEW, SESSIONS, "witness.connections", [4.0, 5.0]);
        open(k3, AT_ONCE, DEFAULT, "elapsed_s", [1.4, 1.6]);
    }

    #[test]
    fn each_takes_five_runs_and_a_thousand_beats_of_each_row() {
        let rules: [(Rule, &[&str]); 3] =
            [(k1, &[INLINE, DEFAULT]), (k2, &[INLINE, SESSION, SESSIONS]), (k3, &[INLINE, DEFAULT])];
        for (rule, variants) in rules {
            for variant in variants {
                assert_eq!(judged(rule, &[(FEW, variant, "metrics.beats", 199.8)]).0, Unsettled, "{variant}");
                let mut data = full();
                row_in(&mut data, FEW, variant).outcomes.pop();
                assert_eq!(rule(&series(&data)).unwrap().0, Unsettled, "{variant}");
                data.rows.retain(|row| row.case != FEW || row.variant != *variant);
                assert_eq!(
                    rule(&series(&data)).unwrap_err(),
                    format!("{variant} was not run in 20-requests")
                );
            }
        }
        for variant in [DEFAULT, THREADS] {
            let mut data = full();
            data.rows.retain(|row| row.case != AT_ONCE || row.variant != variant);
            assert_eq!(k3(&series(&data)).unwrap_err(), format!("{variant} was not run in 128-at-once"));
        }
    }
}
