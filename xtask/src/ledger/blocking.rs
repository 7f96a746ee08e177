//! B1 and K1 to K3: what a handler that computes or a call that blocks does to the loop beneath it, judged by the
//! heartbeat beside it in blocked-loop and in blocking-client.

use super::Verdict::{self, Fails, HoldsBut, Unsettled};
use super::decide::{
    Decided, all, any, at_least, at_most, duration, figure, grade, not, ratio, row_of, settled, times,
};
use super::{All, CLIENT, Claim, Judged, LOOP};
use crate::data::Row;
use crate::series::{Measured, Series, lateness, whole_time, work_time};
use crate::units::whole;

pub(super) const CLAIMS: [Claim; 4] = [
    Claim {
        id: "B1",
        says: "Async does not make work concurrent by itself: a heavy computation in one handler stops every other \
            task of the loop",
        experiments: &[LOOP],
        threshold: "p99 of the lateness of a 5 ms heartbeat, of each run. It stops them if, at 2 clients, that of tokio_inline, \
            smol_inline and async_std_inline is each at least 20 times that of tokio_spawn_blocking, smol_unblock and \
            async_std_spawn_blocking; a runtime with several threads goes on if, at 1 client, that of tokio_inline is \
            at least 20 times that of tokio_multi_thread_inline: holds if the first and not the second, holds-but \
            if both, fails if not the first; unsettled where an interval lies on both sides, a row has fewer than 5 \
            runs or fewer than 1,000 beats in all, or the first is not so but the machine was too busy to tell: that of \
            tokio_inline is not 20 times that of threads either",
        judge: b1,
    },
    Claim {
        id: "K1",
        says: "A blocking HTTP client called in an async function freezes every other coroutine",
        experiments: &[CLIENT],
        threshold: "100 requests, p99 of the lateness of a 2 ms heartbeat, of each run, beside tokio_inline, smol_inline and \
            async_std_inline, divided by that beside tokio_spawn_blocking, smol_unblock and async_std_spawn_blocking: \
            holds if each is at least 20, holds-but if some are, fails if none is; unsettled where an interval lies \
            on both sides or a row has fewer than 5 runs or fewer than 1,000 beats in all",
        judge: k1,
    },
    Claim {
        id: "K2",
        says: "Fix 1: an async client keeps the loop running (the article makes a new session for every call)",
        experiments: &[CLIENT],
        threshold: "100 requests, p99 of the lateness of a 2 ms heartbeat, of each run: the loop keeps running if that beside tokio, \
            tokio_client_per_call, smol and async_std is each at most 1/20 of that beside tokio_inline (for the first \
            two), smol_inline and async_std_inline: fails if not; holds if tokio_client_per_call also takes no more than 1.1 \
            times the whole time of tokio and opens no more connections, else holds-but; unsettled where an interval \
            lies on both sides or a row has fewer than 5 runs or fewer than 1,000 beats in all",
        judge: k2,
    },
    Claim {
        id: "K3",
        says: "Fix 2: handing the blocking call to the default thread-pool executor keeps the loop running",
        experiments: &[CLIENT],
        threshold: "100 requests, p99 of the lateness of a 2 ms heartbeat, of each run: the loop keeps running if that beside \
            tokio_spawn_blocking, smol_unblock and async_std_spawn_blocking is each at most 1/20 of that beside \
            tokio_inline, smol_inline and async_std_inline: fails if not. 600 requests at once, the time of the work \
            alone divided by that of threads: calls queue where it is at least 1.5: holds if with none, holds-but if \
            with any; unsettled where an interval lies on both sides or a row has fewer than 5 runs or, of the \
            heartbeat's, fewer than 1,000 beats in all",
        judge: k3,
    },
];

pub(super) const REQUESTS: &str = "100-requests";
pub(super) const AT_ONCE: &str = "600-at-once";

/// The work in a task of the loop, and handed to the pool of threads for it.
const HANDED_OVER: [[&str; 2]; 3] = [
    ["tokio_inline", "tokio_spawn_blocking"],
    ["smol_inline", "smol_unblock"],
    ["async_std_inline", "async_std_spawn_blocking"],
];

/// How many beats the runs of a row must have had together: each has a p99 of its own, and their median is judged.
const ENOUGH_BEATS: f64 = 1_000.0;

/// How late the beats came beside one variant, divided by how late they came beside another.
pub(super) struct Pair {
    inline: &'static str,
    pub(super) ratio: Measured,
    pub(super) words: String,
}

impl Pair {
    pub(super) fn of(series: &Series, case: &str, variants: [&'static str; 2]) -> Result<Self, String> {
        let rows = [row_of(series, case, variants[0])?, row_of(series, case, variants[1])?];
        let mut ratio = ratio(rows[0], rows[1], lateness)?;
        let mut told = Vec::new();
        for row in rows {
            let late = duration(&figure(row, lateness)?);
            let beats: f64 = row.figures(&["metrics", "beats"]).iter().sum();
            let is_few = beats < ENOUGH_BEATS;
            ratio.decides &= !is_few;
            let few = if is_few { format!(" (of {} beats only)", whole(beats)) } else { String::new() };
            told.push(format!("{} {late}{few}", row.variant));
        }
        let words = format!("{} and {}, {} times", told[0], told[1], times(&ratio));
        Ok(Self { inline: variants[0], ratio, words })
    }

    pub(super) fn all<const N: usize>(
        series: &Series,
        case: &str,
        variants: [[&'static str; 2]; N],
    ) -> Result<Vec<Self>, String> {
        variants.into_iter().map(|variants| Self::of(series, case, variants)).collect()
    }

    /// Whether the one loop stood still where the other kept running.
    pub(super) fn is_stopped(&self) -> Decided {
        at_least(&self.ratio, 20.0)
    }
}

fn are_stopped(pairs: &[Pair]) -> Decided {
    all(pairs.iter().map(Pair::is_stopped))
}

fn ratios(pairs: &[Pair]) -> impl Iterator<Item = &Measured> {
    pairs.iter().map(|pair| &pair.ratio)
}

fn in_words(pairs: &[Pair]) -> String {
    let words: Vec<_> = pairs.iter().map(|pair| pair.words.as_str()).collect();
    format!("p99 of the lateness: {}", words.join("; "))
}

fn b1(data: &All) -> Judged {
    let blocked = data.get(LOOP)?;
    let pairs = Pair::all(blocked, "2-clients", HANDED_OVER)?;
    let one = Pair::of(blocked, "1-client", ["tokio_inline", "tokio_multi_thread_inline"])?;
    let stops = are_stopped(&pairs);
    let verdict = grade(all([stops, not(one.is_stopped())]), stops);
    let mut verdict = settled(verdict, ratios(&pairs).chain([&one.ratio]));
    // Where not even threads beat on time, that others are late says nothing of the loop.
    let threads = Pair::of(blocked, "2-clients", ["tokio_inline", "threads"]);
    let is_too_busy = verdict == Fails && threads.is_ok_and(|pair| pair.is_stopped() != Some(true));
    if is_too_busy {
        verdict = Unsettled;
    }
    let mut evidence = format!("{}; with one client {}", in_words(&pairs), one.words);
    let several = row_of(blocked, "2-clients", "tokio_multi_thread_inline");
    if let Ok(late) = several.and_then(|row| figure(row, lateness)) {
        evidence += &format!("; with two, tokio_multi_thread_inline {}", duration(&late));
    }
    if is_too_busy {
        evidence += "; the machine was too busy to tell";
    }
    if verdict == HoldsBut {
        evidence += "; with fewer such handlers than threads, a runtime with several mostly went on";
    }
    Ok((verdict, evidence))
}

fn k1(data: &All) -> Judged {
    Ok(freezes(&Pair::all(data.get(CLIENT)?, REQUESTS, HANDED_OVER)?))
}

/// Whether each loop stood still where the call blocked it.
pub(super) fn freezes(pairs: &[Pair]) -> (Verdict, String) {
    let some_are = any(pairs.iter().map(Pair::is_stopped));
    let verdict = settled(grade(are_stopped(pairs), some_are), ratios(pairs));
    let mut evidence = in_words(pairs);
    if verdict == HoldsBut {
        let stopped = pairs.iter().filter(|pair| pair.is_stopped() == Some(true));
        let stopped: Vec<_> = stopped.map(|pair| pair.inline).collect();
        evidence += &format!("; surely with {} only", stopped.join(", "));
    }
    (verdict, evidence)
}

/// As the origin has counted them.
fn connections(row: &Row) -> Vec<f64> {
    row.figures(&["witness", "connections"])
}

fn k2(data: &All) -> Judged {
    let client = data.get(CLIENT)?;
    let variants = [
        ["tokio_inline", "tokio"],
        ["tokio_inline", "tokio_client_per_call"],
        ["smol_inline", "smol"],
        ["async_std_inline", "async_std"],
    ];
    let pairs = Pair::all(client, REQUESTS, variants)?;
    keeps_running(client, REQUESTS, &pairs, ["tokio", "tokio_client_per_call"])
}

/// Whether each loop keeps running beside an async client, and a client for each call costs no more than one for all.
pub(super) fn keeps_running(client: &Series, case: &str, pairs: &[Pair], clients: [&str; 2]) -> Judged {
    let [one, each] = [row_of(client, case, clients[0])?, row_of(client, case, clients[1])?];
    let [time, opened] = [ratio(each, one, whole_time)?, ratio(each, one, connections)?];
    let keeps_running = are_stopped(pairs);
    let costs_no_more = all([at_most(&time, 1.1), at_most(&opened, 1.0)]);
    let verdict = grade(all([keeps_running, costs_no_more]), keeps_running);
    let verdict = settled(verdict, ratios(pairs).chain([&time, &opened]));
    let [by_one, by_each] = [figure(one, connections)?, figure(each, connections)?];
    let mut evidence = format!(
        "{}; {} takes {} times the whole time of {} and opens {} connections, {} {}",
        in_words(pairs),
        each.variant,
        times(&time),
        one.variant,
        whole(by_each.interval.median),
        one.variant,
        whole(by_one.interval.median)
    );
    if verdict == HoldsBut {
        evidence += "; with one client for all: one for each call keeps the loop running too, but costs more";
    }
    Ok((verdict, evidence))
}

fn k3(data: &All) -> Judged {
    let client = data.get(CLIENT)?;
    let pairs = Pair::all(client, REQUESTS, HANDED_OVER)?;
    let pools = HANDED_OVER.map(|[_, variant]| AtOnce::of(client, AT_ONCE, [variant, "threads"]));
    let pools = pools.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(hands_over(&pairs, "600", &pools))
}

/// How much longer many calls at once take when they are handed to a pool, than by threads of their own.
pub(super) struct AtOnce {
    variant: &'static str,
    ratio: Measured,
    pub(super) words: String,
}

impl AtOnce {
    pub(super) fn of(series: &Series, case: &str, variants: [&'static str; 2]) -> Result<Self, String> {
        let [row, threads] = [row_of(series, case, variants[0])?, row_of(series, case, variants[1])?];
        let ratio = ratio(row, threads, work_time)?;
        let in_flight = row.figures(&["witness", "peak_in_flight"]).into_iter().reduce(f64::max);
        let in_flight = in_flight.map(|most| format!(" with at most {} in flight", whole(most)));
        let words = format!("{} {} times{}", row.variant, times(&ratio), in_flight.unwrap_or_default());
        Ok(Self { variant: variants[0], ratio, words })
    }

    /// Whether calls wait for a thread.
    fn queues(&self) -> Decided {
        at_least(&self.ratio, 1.5)
    }
}

/// Whether each loop keeps running, and none of so many calls at once waits for a thread.
pub(super) fn hands_over(pairs: &[Pair], at_once: &str, pools: &[AtOnce]) -> (Verdict, String) {
    let keeps_running = are_stopped(pairs);
    let queue = any(pools.iter().map(AtOnce::queues));
    let verdict = grade(all([keeps_running, not(queue)]), keeps_running);
    let verdict = settled(verdict, ratios(pairs).chain(pools.iter().map(|pool| &pool.ratio)));
    let told: Vec<_> = pools.iter().map(|pool| pool.words.as_str()).collect();
    let mut evidence =
        format!("{}; the work of {at_once} at once against threads: {}", in_words(pairs), told.join(", "));
    if verdict == HoldsBut {
        let queueing = pools.iter().filter(|pool| pool.queues() == Some(true));
        let queueing: Vec<_> = queueing.map(|pool| pool.variant).collect();
        evidence += &format!("; the calls past the pool's size wait with {}", queueing.join(", "));
    }
    (verdict, evidence)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    const LATE: &str = "metrics.late_p99_s";
    const INLINE: [&str; 3] = ["tokio_inline", "smol_inline", "async_std_inline"];
    const POOLS: [&str; 3] = ["tokio_spawn_blocking", "smol_unblock", "async_std_spawn_blocking"];
    const CLIENTS_OF_THEIR_OWN: [&str; 4] = ["tokio", "tokio_client_per_call", "smol", "async_std"];

    /// Five runs of a second with 200 beats each, a second late with a variant that blocks and 50 ms with another,
    /// and ten connections.
    fn beating(case: &str, variant: &str) -> Row {
        let cost = Cost { seconds: 1.0, resident: 1e6, ..Cost::default() };
        let mut row = row(case, variant, 5, |_| cost);
        set(&mut row, LATE, |_| if variant.ends_with("inline") { 1.0 } else { 0.05 });
        set(&mut row, "metrics.beats", |_| 200.0);
        set(&mut row, "witness.connections", |_| 10.0);
        for name in ["metrics.cold_s", "metrics.cold_hwm_bytes", "metrics.binary_bytes"] {
            set(&mut row, name, |_| 1.0);
        }
        row
    }

    /// Everything measured, so that no claim has a reason not to be judged.
    pub(in super::super) fn full_loop() -> Data {
        let two = [&INLINE[..], &POOLS, &["tokio_multi_thread_inline"]].concat();
        let two = two.into_iter().map(|variant| beating("2-clients", variant));
        let one = ["tokio_inline", "tokio_multi_thread_inline"].map(|variant| beating("1-client", variant));
        synthetic::data(LOOP, two.chain(one).collect())
    }

    /// The same of the other experiment.
    pub(in super::super) fn full_client() -> Data {
        let clients = [&INLINE[..], &POOLS, &CLIENTS_OF_THEIR_OWN, &["threads"]].concat();
        let at_once = [&POOLS[..], &["threads", "tokio", "smol", "async_std"]].concat();
        let cold = vec!["threads", "tokio", "smol", "async_std"];
        let cases = [
            (REQUESTS, clients),
            (AT_ONCE, at_once),
            ("1-request-cold", cold),
            ("400-at-once", vec!["threads", "tokio_spawn_blocking"]),
        ];
        let rows =
            cases.iter().flat_map(|(case, variants)| variants.iter().map(|variant| beating(case, variant)));
        synthetic::data(CLIENT, rows.collect())
    }

    /// The verdict if a figure is another in these rows.
    fn judged(id: &str, mut data: Data, changes: &[(&str, &str, &str, f64)]) -> (Verdict, String) {
        for (case, variant, name, figure) in changes {
            set(row_in(&mut data, case, variant), name, |_| *figure);
        }
        judge(&CLAIMS, id, &[&data]).unwrap()
    }

    fn late<'a>(case: &'a str, variant: &'a str, seconds: f64) -> (&'a str, &'a str, &'a str, f64) {
        (case, variant, LATE, seconds)
    }

    #[test]
    fn b1_asks_each_loop_and_then_a_runtime_with_several_threads() {
        let verdict = |changes: &[_]| judged("B1", full_loop(), changes).0;
        assert_eq!(verdict(&[]), Holds);
        assert_eq!(verdict(&[late("1-client", "tokio_multi_thread_inline", 0.0501)]), Holds);
        assert_eq!(verdict(&[late("1-client", "tokio_multi_thread_inline", 0.05)]), HoldsBut);
        for variant in POOLS {
            assert_eq!(verdict(&[late("2-clients", variant, 0.0501)]), Fails);
        }
    }

    #[test]
    fn b1_does_not_fail_on_a_machine_where_threads_are_late_too() {
        let verdict = |threads| {
            let mut data = full_loop();
            data.rows.push(beating("2-clients", "threads"));
            judged(
                "B1",
                data,
                &[late("2-clients", "threads", threads), late("2-clients", "smol_unblock", 0.0501)],
            )
            .0
        };
        assert_eq!((verdict(0.05), verdict(0.0501)), (Fails, Unsettled));
    }

    #[test]
    fn b1_tells_what_several_threads_do_with_two_clients() {
        let changes =
            [late("1-client", "tokio_multi_thread_inline", 0.01), late("2-clients", "smol_unblock", 0.01)];
        let (_, evidence) = judged("B1", full_loop(), &changes);
        let asked = "p99 of the lateness: tokio_inline 1.00 s and tokio_spawn_blocking 50.0 ms, 20 [20, 20] times; \
             smol_inline 1.00 s and smol_unblock 10.0 ms, 100 [100, 100] times; async_std_inline 1.00 s and \
             async_std_spawn_blocking 50.0 ms, 20 [20, 20] times; with one client tokio_inline 1.00 s and \
             tokio_multi_thread_inline 10.0 ms, 100 [100, 100] times; with two, tokio_multi_thread_inline 1.00 s; \
             with fewer such handlers than threads, a runtime with several mostly went on";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn k1_holds_with_all_loops_and_names_those_that_stood_still() {
        assert_eq!(judged("K1", full_client(), &[]).0, Holds);
        let [tokio, smol, async_std] = POOLS.map(|variant| late(REQUESTS, variant, 0.0501));
        assert_eq!(judged("K1", full_client(), &[tokio, smol, async_std]).0, Fails);
        let (verdict, evidence) = judged("K1", full_client(), &[smol]);
        assert_eq!(verdict, HoldsBut);
        assert!(evidence.ends_with("; surely with tokio_inline, async_std_inline only"), "{evidence}");
    }

    #[test]
    fn k2_fails_unless_each_client_keeps_the_loop_running() {
        assert_eq!(judged("K2", full_client(), &[]).0, Holds);
        for variant in CLIENTS_OF_THEIR_OWN {
            assert_eq!(judged("K2", full_client(), &[late(REQUESTS, variant, 0.0501)]).0, Fails);
        }
    }

    #[test]
    fn k2_asks_what_a_client_for_each_call_costs() {
        let judged = |seconds, connections| {
            let mut data = full_client();
            let row = row_in(&mut data, REQUESTS, "tokio_client_per_call");
            row.times_s = vec![seconds; 5];
            set(row, "witness.connections", |_| connections);
            judge(&CLAIMS, "K2", &[&data]).unwrap()
        };
        assert_eq!(
            (judged(1.1, 10.0).0, judged(1.11, 10.0).0, judged(1.0, 11.0).0),
            (Holds, HoldsBut, HoldsBut)
        );
        let (_, evidence) = judged(1.3, 100.0);
        let asked = "; tokio_client_per_call takes 1.30 [1.30, 1.30] times the whole time of tokio and opens 100 \
             connections, tokio 10; with one client for all: one for each call keeps the loop running too, but costs \
             more";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn k3_keeps_the_loop_running_and_lets_calls_queue_or_not() {
        let verdict = |changes: &[_]| judged("K3", full_client(), changes).0;
        assert_eq!(verdict(&[]), Holds);
        for variant in POOLS {
            assert_eq!(verdict(&[late(REQUESTS, variant, 0.0501)]), Fails);
            assert_eq!(verdict(&[(AT_ONCE, variant, "elapsed_s", 1.49)]), Holds);
            assert_eq!(verdict(&[(AT_ONCE, variant, "elapsed_s", 1.5)]), HoldsBut);
        }
        let [variant, ..] = POOLS;
        let changes =
            [(AT_ONCE, variant, "elapsed_s", 1.9), (AT_ONCE, variant, "witness.peak_in_flight", 512.0)];
        let (_, evidence) = judged("K3", full_client(), &changes);
        let asked = "; the work of 600 at once against threads: tokio_spawn_blocking 1.90 [1.90, 1.90] times with at \
             most 512 in flight, smol_unblock 1.00 [1.00, 1.00] times, async_std_spawn_blocking 1.00 [1.00, 1.00] \
             times; the calls past the pool's size wait with tokio_spawn_blocking";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn each_is_open_where_an_interval_is() {
        let open = |id: &str, mut data: Data, case, variant, name, figures: [f64; 2]| {
            set(row_in(&mut data, case, variant), name, |run| figures[run % 2]);
            assert_eq!(judge(&CLAIMS, id, &[&data]).unwrap().0, Unsettled, "{id}");
        };
        open("B1", full_loop(), "2-clients", "tokio_inline", LATE, [0.9, 1.1]);
        open("B1", full_loop(), "1-client", "tokio_inline", LATE, [19.0, 21.0]);
        for id in ["K1", "K2", "K3"] {
            open(id, full_client(), REQUESTS, "smol_inline", LATE, [0.9, 1.1]);
        }
        open("K2", full_client(), REQUESTS, "tokio_client_per_call", "witness.connections", [10.0, 11.0]);
        open("K3", full_client(), AT_ONCE, "smol_unblock", "elapsed_s", [1.4, 1.6]);
    }

    type Rows = Vec<(&'static str, Vec<&'static str>)>;

    /// The rows that a claim compares by their heartbeats, among these data.
    fn beside_hearts(id: &str) -> (fn() -> Data, Rows) {
        let pools = [&INLINE[..], &POOLS].concat();
        let several = vec!["tokio_inline", "tokio_multi_thread_inline"];
        match id {
            "B1" => (full_loop, vec![("2-clients", pools), ("1-client", several)]),
            "K2" => (full_client, vec![(REQUESTS, [&INLINE[..], &CLIENTS_OF_THEIR_OWN].concat())]),
            _ => (full_client, vec![(REQUESTS, pools)]),
        }
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        for id in ["B1", "K1", "K2", "K3"] {
            let (data, rows) = beside_hearts(id);
            let mut rows: Vec<_> = rows.iter().map(|(case, variants)| (*case, &variants[..])).collect();
            let at_once = [&POOLS[..], &["threads"]].concat();
            rows.extend((id == "K3").then_some((AT_ONCE, &at_once[..])));
            rests_on(&CLAIMS, id, data, &rows);
        }
    }

    #[test]
    fn each_takes_a_thousand_beats_of_each_row() {
        for id in ["B1", "K1", "K2", "K3"] {
            let (data, rows) = beside_hearts(id);
            for (case, variant) in
                rows.iter().flat_map(|(case, of)| of.iter().map(move |variant| (case, variant)))
            {
                let (verdict, evidence) = judged(id, data(), &[(case, variant, "metrics.beats", 199.8)]);
                assert_eq!(verdict, Unsettled, "{id}: {variant} in {case}");
                assert!(evidence.contains(" (of 999 beats only)"), "{evidence}");
            }
        }
    }

    /// The two other loops alone would say holds-but.
    #[test]
    fn too_few_beats_beside_one_variant_leave_the_claim_open() {
        let changes =
            [late(REQUESTS, "smol_unblock", 0.0501), (REQUESTS, "async_std_inline", "metrics.beats", 1.0)];
        assert_eq!(judged("K1", full_client(), &changes).0, Unsettled);
    }

    #[test]
    fn a_figure_that_was_not_told_is_the_reason() {
        let mut data = full_client();
        for outcome in &mut row_in(&mut data, REQUESTS, "smol_unblock").outcomes {
            outcome["metrics"] = serde_json::Value::Null;
        }
        let reason = judge(&CLAIMS, "K1", &[&data]).unwrap_err();
        assert_eq!(reason, "smol_unblock: this system does not tell the figure");
    }
}
