//! The forms are twins: what they promise and how they count is the same text in all of them.

#[test]
fn what_is_the_same_in_all_forms_is_told_and_done_the_same() {
    let sources = [
        include_str!("../src/threads.rs"),
        include_str!("../src/tokio.rs"),
        include_str!("../src/smol.rs"),
        include_str!("../src/async_std.rs"),
    ];
    let [first, others @ ..] = sources.map(|source| {
        let (before, after) = source.split_once("pub struct Limiter").unwrap();
        let promise = before.rsplit_once("\n\n").unwrap().1.split("///\n");
        let promise: Vec<_> = promise
            .filter(|paragraph| !paragraph.contains("A timer is late"))
            .collect();
        let state = after
            .split_once("impl State")
            .unwrap()
            .1
            .split_once("\n}\n")
            .unwrap()
            .0;
        (promise, state)
    });
    for other in others {
        assert_eq!(other, first);
    }
}
