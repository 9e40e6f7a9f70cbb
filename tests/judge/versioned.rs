//! Histories whose record tells versions, and the definitions that read them off: what a session has seen may not become older.

use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty, read, shown, write};

const KEYS: u32 = 2;
const SESSIONS: u32 = 2;

/// A store of which each write is a revision; a read returns what was there at some revision, which mostly does not go back.
fn random(seed: u64) -> Observed {
    let mut rng = Rng::keyed(seed, &[0x7E]);
    let mut history = empty(Model::Register, KEYS, SESSIONS);
    let mut log: Vec<(u32, u32)> = Vec::new();
    let mut seen = [0_u64; SESSIONS as usize];
    let loose = [0, 50, 100][(seed % 3) as usize];
    for n in 0..7 + rng.below(6) {
        let (session, key) = (rng.below(u64::from(SESSIONS)) as u32, rng.below(u64::from(KEYS)) as u32);
        let at = Some(n * 10 + 5);
        if rng.below(100) < 45 {
            log.push((key, n as u32 + 1));
            add(&mut history, session, n * 10, at, Outcome::Ok, vec![(key, write(n as u32 + 1))]);
            history.steps.last_mut().expect("a step").version = Some(log.len() as u64);
            continue;
        }
        let floor = if rng.below(100) < loose { 0 } else { seen[session as usize] };
        let cut = floor + rng.below(log.len() as u64 - floor + 1);
        seen[session as usize] = cut;
        let found = log[..cut as usize].iter().rposition(|(of, _)| *of == key);
        add(&mut history, session, n * 10, at, Outcome::Ok, vec![(key, read(found.map(|place| log[place].1)))]);
        history.steps.last_mut().expect("a step").version = Some(found.map_or(0, |place| place as u64 + 1));
    }
    history
}

/// The writes in the order of their versions, each with its key; and each session's steps: the key, the version, whether it wrote.
type Told = (Vec<u32>, Vec<Vec<(u32, u64, bool)>>);

fn told(history: &Observed) -> Told {
    let mut writes: Vec<(u64, u32)> = Vec::new();
    let mut sessions = vec![Vec::new(); SESSIONS as usize];
    for (op, step) in history.operations.iter().zip(&history.steps) {
        let (version, wrote) = (step.version.expect("every step has one"), matches!(step.call, Call::Write(_)));
        if wrote {
            writes.push((version, step.key));
        }
        sessions[op.session as usize].push((step.key, version, wrote));
    }
    writes.sort_unstable();
    (writes.into_iter().map(|(_, key)| key).collect(), sessions)
}

/// Whether some choice of revisions, which for no session go back, explains what it read: all choices are tried.
fn prefix(history: &Observed) -> bool {
    let (writes, sessions) = told(history);
    let version_at = |cut: usize, key: u32| writes[..cut].iter().rposition(|of| *of == key).map_or(0, |place| place as u64 + 1);
    fn some(from: usize, reads: &[(u32, u64, bool)], last: usize, fits: &dyn Fn(usize, u32, u64) -> bool) -> bool {
        let Some(((key, version, _), rest)) = reads.split_first() else { return true };
        (from..=last).any(|cut| fits(cut, *key, *version) && some(cut, rest, last, fits))
    }
    sessions.into_iter().all(|steps| {
        let reads: Vec<_> = steps.into_iter().filter(|(.., wrote)| !wrote).collect();
        some(0, &reads, writes.len(), &|cut, key, version| version_at(cut, key) == version)
    })
}

/// Whether no read of a session is older than an earlier step of the session on the key: a write (`own`), or a read.
fn floor(history: &Observed, own: bool) -> bool {
    told(history).1.iter().all(|steps| {
        let pairs = steps.iter().enumerate().flat_map(|(n, later)| steps[..n].iter().map(move |earlier| (earlier, later)));
        pairs.filter(|(a, b)| a.0 == b.0 && a.2 == own && !b.2).all(|(a, b)| a.1 <= b.1)
    })
}

fn agrees(test: &str, guarantee: Guarantee, definition: impl Fn(&Observed) -> bool) {
    let seeds = crate::judge::seeds();
    let (many, mut held) = (seeds.end - seeds.start, 0);
    for seed in seeds {
        let history = random(seed);
        let options = Options { guarantees: vec![guarantee], global_versions: true, ..Options::default() };
        let (found, expected) = (judge(&history, &options).verdicts.remove(0).1, definition(&history));
        let agree = matches!((&found, expected), (Verdict::Holds, true) | (Verdict::Violated(_), false));
        assert!(
            agree,
            "{found:?}, and by definition {expected}: JUDGE_SEED={seed} cargo test --test native judge::versioned::{test}\n{}",
            shown(&history)
        );
        if let Verdict::Violated(evidence) = found {
            let own: Vec<u32> =
                evidence.operations.iter().filter(|op| history.operations.get(**op as usize).is_none()).copied().collect();
            assert!(own.is_empty() && evidence.operations.len() >= 2, "seed {seed}: {evidence:?}");
        }
        held += u64::from(expected);
    }
    assert!(many == 1 || (held > many / 10 && held < many - many / 10), "of {many} histories {held} hold");
}

#[test]
fn prefixes_by_revisions_agree_with_the_definition() {
    agrees("prefixes_by_revisions", Guarantee::ConsistentPrefix, prefix);
}

#[test]
fn own_writes_by_versions_agree_with_the_definition() {
    agrees("own_writes_by_versions", Guarantee::ReadYourWrites, |history| floor(history, true));
}

#[test]
fn monotonic_reads_by_versions_agree_with_the_definition() {
    agrees("monotonic_reads_by_versions", Guarantee::MonotonicReads, |history| floor(history, false));
}

/// A history in short whose steps have these versions.
fn with_versions(text: &str, versions: &[Option<u64>]) -> Observed {
    let mut history = crate::judge::build::history(Model::CasRegister, text);
    assert_eq!(history.steps.len(), versions.len(), "a version for each step of '{text}'");
    history.steps.iter_mut().zip(versions).for_each(|(step, version)| step.version = *version);
    history
}

fn linearizable(history: &Observed) -> Verdict {
    crate::judge::verdict(history, Guarantee::Linearizable)
}

/// Whether a history is linearizable, and what proves that it is not.
fn proven(text: &str, versions: &[Option<u64>]) -> Option<Vec<u32>> {
    match linearizable(&with_versions(text, versions)) {
        Verdict::Holds => None,
        Verdict::Violated(evidence) => Some(evidence.operations),
        other => panic!("'{text}': {other:?}"),
    }
}

#[test]
fn a_version_is_one_thing() {
    let (one, two) = (Some(1), Some(2));
    assert_eq!(proven("0wx5 1wx6", &[one, one]), Some(vec![0, 1]), "two writes got one version");
    assert_eq!(proven("0wx5 1wx5", &[one, one]), Some(vec![0, 1]), "though they wrote the same");
    assert_eq!(proven("0wx5 1wx6", &[one, two]), None);
    assert_eq!(proven("0wx5 1wx6 1rx6", &[one, two, one]), Some(vec![0, 2, 1]), "6 is not what version 1 is");
    assert_eq!(proven("0wx5 1rx5 2rx5", &[one, one, one]), None);
    assert_eq!(proven("0wx5 1dx 2rx-", &[one, two, two]), None, "version 2 is that nothing is there");
    assert_eq!(proven("0wx5 1dx 2rx-", &[one, two, None]), None, "nothing needs no version: one removal explains it");
    assert_eq!(proven("0wx5 1dx 2rx-", &[one, two, one]), Some(vec![0, 2]), "version 1 was 5");
    assert_eq!(proven("0rx- 0wx5 1rx-", &[None, one, None]), Some(vec![1, 2]), "nothing, after version 1");
    assert_eq!(proven("& 0wx5 1rx-", &[one, one]), Some(vec![0, 1]), "at the same time, but version 1 is not nothing");
    assert_eq!(proven("& 0wx5 1dx | 2rx-", &[one, two, None]), None, "the removal came last");
    let mut removed_first = with_versions("& 0wx5 1dx | 2rx-", &[two, one, None]);
    assert_eq!(linearizable(&removed_first), Verdict::Holds, "the read may be of the beginning: versions are not used");
    removed_first.initial = Initial::Value(9);
    assert!(matches!(linearizable(&removed_first), Verdict::Violated(_)), "nothing was there before 5, not after it");
    assert_eq!(proven("0wx5? 1wx6 2rx6", &[None, one, one]), None, "a write without an answer may never have happened");
    assert_eq!(proven("0wx5! 1wx6 2rx6", &[one, one, one]), None, "a failed one has no version");
}

#[test]
fn a_swap_replaces_the_version_before_its_own() {
    let (one, two, three) = (Some(1), Some(2), Some(3));
    assert_eq!(proven("0wx5 1cx5>6", &[one, two]), None);
    assert_eq!(proven("0wx5 1wx7 2cx5>6", &[one, two, three]), Some(vec![1, 2, 0]), "version 2 was 7");
    assert_eq!(proven("0cx5>6", &[one]), Some(vec![0]), "nothing was there");
    assert_eq!(proven("& 0wx5? 1wx7 2cx5>6", &[None, one, two]), None, "5 may have come between");
    assert_eq!(proven("0wx5 & 0wx4? 1wx7 2cx5>6", &[one, None, two, three]), Some(vec![2, 3, 0]), "4 does not help");
    assert_eq!(proven("& 0wx5? 1wx7 2cx5>6", &[one, two, three]), Some(vec![1, 2, 0]), "5 came before 7, as its version tells");
    let mut history = with_versions("0cx5>6", &[one]);
    history.initial = Initial::Unknown;
    assert_eq!(
        judge(&history, &Options::default()).verdict(Guarantee::Linearizable),
        Some(&Verdict::Holds),
        "5 may have been there"
    );
}

#[test]
fn why_a_swap_failed_is_asked_beside_versions() {
    let of = |text: &str, versions: &[Option<u64>], saw| {
        let guarantees = vec![Guarantee::Linearizable];
        let options = Options { guarantees, failed_cas_saw_another_value: saw, ..Options::default() };
        matches!(judge(&with_versions(text, versions), &options).verdicts[0].1, Verdict::Violated(_))
    };
    let (one, two) = (Some(1), Some(2));
    assert!(of("0wx1 1cx1>2! 1rx1", &[one, None, one], true), "it held 1 all the time");
    assert!(!of("0wx1 1cx1>2! 1rx1", &[one, None, one], false), "it may not have been tried");
    // Values alone allow this, versions do not, and no swap has failed.
    for text in ["& 0wx5 1wx6 3wx9! | 2rx5", "& 0wx5 1wx6 3rx6 | 2rx5"] {
        assert!(of(text, &[one, two, if text.contains('!') { None } else { two }, one], true), "'{text}': 6 replaced 5");
    }
    assert!(of("0cx9>6? & 1wx5 2wx6 | 3rx5", &[None, one, two, one], true), "6 replaced 5, whatever came of the swap");
}

#[test]
fn a_swap_of_the_beginning_has_missed_the_own_write() {
    let mut history = with_versions("0wx1 0cx9>5", &[Some(1), Some(2)]);
    history.initial = Initial::Value(9);
    let report = judge(&history, &Options::default());
    let evidence =
        report.verdict(Guarantee::ReadYourWrites).and_then(Verdict::evidence).expect("it replaced what was there before");
    assert_eq!(evidence.operations, [0, 1], "{}", evidence.text);
}

/// Whatever the values are: what has a version has its write by it.
#[test]
fn versions_tell_equal_values_apart() {
    let far = Some((1 << 32) + 1);
    for (third, expected) in [(far, true), (Some(1), false)] {
        let history = with_versions("0wx1 1wx2 0wx1 2rx2 2rx1", &[Some(1), Some(2), far, Some(2), third]);
        let options = Options { guarantees: vec![Guarantee::MonotonicReads, Guarantee::Causal], ..Options::default() };
        for (guarantee, verdict) in judge(&history, &options).verdicts {
            let agrees = matches!((&verdict, expected), (Verdict::Holds, true) | (Verdict::Violated(_), false));
            assert!(agrees, "{} where 1 is version {third:?}: {verdict:?}", guarantee.name());
        }
    }
}

#[test]
fn a_version_of_two_writes_tells_nothing_apart() {
    let history = with_versions("0wx1 1wx1 2rx1", &[Some(1); 3]);
    let report = judge(&history, &Options::default());
    assert!(matches!(report.verdict(Guarantee::Causal), Some(Verdict::NotApplicable(_))), "{:?}", report.verdicts);
}
