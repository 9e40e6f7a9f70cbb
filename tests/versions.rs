//! Version structures: stories from the papers step for step, laws, and agreement with sets of events on random traces.
//!
//! `VERSIONS_CASES` sets how many random traces are tried, and a failure says how to repeat the one that failed. The stories are texts in
//! `tests/versions`, read by `stories.rs`; what each of them shows stands at its head.

mod authors;
mod clocks;
mod forms;
mod laws;
mod model;
mod random;
mod restored;
mod stores;
mod stories;
mod truncated;

const CASES: u64 = 100_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The seeds of the random traces.
fn seeds() -> std::ops::Range<u64> {
    number("VERSIONS_SEED").map_or(0..number("VERSIONS_CASES").unwrap_or(CASES), |seed| seed..seed + 1)
}

/// Tries all seeds, and adds up what the traces had; a failure says how to repeat it.
fn all<const N: usize>(test: &str, tried: impl Fn(u64) -> Result<[u64; N], String>) -> [u64; N] {
    let mut sum = [0; N];
    for seed in seeds() {
        let counts = tried(seed).unwrap_or_else(|wrong| panic!("{wrong}\nVERSIONS_SEED={seed} cargo test --test native {test}"));
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    sum
}

/// Whether so many seeds are tried that every kind of trace must have been met.
fn many() -> bool {
    seeds().end - seeds().start >= 2_000
}

/// The first of some seeds on which something goes wrong: what must be found is found soon.
fn found(what: &str, tried: impl Fn(u64) -> Result<(), String>) -> String {
    (0..2_000).find_map(|seed| tried(seed).err()).unwrap_or_else(|| panic!("2,000 traces do not tell {what} from what is right"))
}
