//! Replicated types beside others, in one run: counters and sets beside `crdts`, text beside `yrs`. Every ratio is how many times as long the
//! other took.
//!
//! Text is edited by a recorded trace if `EDITING_TRACE` names its file, in the form of the collection `editing-traces` (its `automerge-paper`
//! has 259,778 edits), and else by a generated one of that size. What both sides end with is compared. It takes a minute or more, most of it
//! for edits by index in `yrs`.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
#[path = "crdt/sets.rs"]
mod sets;
#[cfg(not(target_arch = "wasm32"))]
#[path = "crdt/text.rs"]
mod text;
#[cfg(not(target_arch = "wasm32"))]
#[path = "crdt/trace.rs"]
mod trace;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    sets::counters();
    sets::sets();
    sets::maps();
    text::traces();
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_types, clippy::print_stdout, reason = "a benchmark reads the clock and prints; the types do not")]
mod measure {
    use std::time::Instant;

    /// The median time of some runs, in nanoseconds. What `prepare` does is not measured.
    pub(crate) fn median<T>(runs: usize, mut prepare: impl FnMut() -> T, mut work: impl FnMut(&mut T)) -> u128 {
        let mut times: Vec<u128> = (0..runs)
            .map(|_| {
                let mut input = prepare();
                let start = Instant::now();
                work(&mut input);
                start.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    }

    fn tenths(a: u128, b: u128) -> String {
        let tenths = a * 10 / b.max(1);
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// One line: what was done how often, here and there.
    pub(crate) fn line(what: &str, times: u128, ours: u128, other: &str, theirs: u128) {
        let each = |time: u128| tenths(time, times);
        println!("{what}: here {} ns each, {other} {} ns each, ratio {}", each(ours), each(theirs), tenths(theirs, ours));
    }

    /// One line without another to compare with.
    pub(crate) fn alone(what: &str, times: u128, ours: u128) {
        println!("{what}: {} ns each, {} ms in all", tenths(ours, times), tenths(ours, 1_000_000));
    }

    /// A line of text.
    pub(crate) fn note(text: &str) {
        println!("{text}");
    }
}
