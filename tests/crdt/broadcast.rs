//! Causal broadcast under loss, repetition and reordering, with bounded memory; and `Delivery` as types say it.

use replicated_telemetry_store::crdt::{
    AddRemovePartialOrder, CausalBroadcast, Crdt, Delivery, GSet, LwwElementSet, LwwRegister, Message, MonotonicDag, OpBased,
    OpCounter, OpMvRegister, OpOrSet, PnSet, ReceiveError, Rga, SequenceUpdate, TreeDoc, TwoPhaseGraph, TwoPhaseSet, USet,
};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{Dot, VersionVector};

use super::SEEDS;

/// Three replicas send and hear from each other in any order; what each delivers is in causal order, each message once.
#[test]
fn causes_come_first_and_nothing_twice() {
    for seed in 0..SEEDS {
        let mut rng = Rng::keyed(seed, &[7]);
        let mut ends: Vec<CausalBroadcast<u8, usize>> = (0..3).map(|id| CausalBroadcast::new(id, 100)).collect();
        let mut delivered: Vec<Vec<Message<u8, usize>>> = vec![Vec::new(); 3];
        let mut sent: Vec<Message<u8, usize>> = Vec::new();
        for op in 0..60 {
            let at = usize::try_from(rng.below(3)).expect("below 3");
            if rng.below(3) == 0 || sent.is_empty() {
                let message = ends[at].send(op).expect("a short history");
                delivered[at].push(message.clone());
                sent.push(message);
            } else {
                let message = sent[usize::try_from(rng.below(sent.len() as u64)).expect("a short history")].clone();
                delivered[at].extend(ends[at].receive(message).expect("room enough"));
            }
        }
        for (at, end) in ends.iter_mut().enumerate() {
            sent.iter().rev().for_each(|message| delivered[at].extend(end.receive(message.clone()).expect("room enough")));
            assert_eq!((end.waiting(), delivered[at].len()), (0, sent.len()), "seed {seed}: all is delivered, once");
            let mut known: VersionVector<u8> = VersionVector::new();
            for message in &delivered[at] {
                assert!(
                    message.after.iter().all(|(id, count)| known.get(id) >= count),
                    "seed {seed}: {message:?} after {known:?}"
                );
                assert_eq!(known.get(&message.dot.id) + 1, message.dot.count, "seed {seed}: {message:?} after {known:?}");
                known.raise(&message.dot.id, message.dot.count);
            }
            assert_eq!(&known, end.delivered(), "seed {seed}");
        }
    }
}

#[test]
fn what_waits_is_bounded_and_what_is_refused_can_come_again() {
    let mut a = CausalBroadcast::new('A', 2);
    let mut b = CausalBroadcast::new('B', 2);
    let sent: Vec<_> = (0..4).map(|op| a.send(op).expect("a short history")).collect();
    assert_eq!(b.receive(sent[3].clone()), Ok(Vec::new()));
    assert_eq!(b.receive(sent[2].clone()), Ok(Vec::new()));
    assert_eq!(b.receive(sent[1].clone()), Err(ReceiveError::Full { capacity: 2 }));
    assert_eq!(b.receive(sent[0].clone()).expect("its causes are here").len(), 1);
    assert_eq!(b.receive(sent[1].clone()).expect("its causes are here").len(), 3, "and those that waited");
    assert_eq!(b.waiting(), 0);
}

#[test]
fn messages_that_contradict_themselves_are_refused() {
    let mut end: CausalBroadcast<char, ()> = CausalBroadcast::new('A', 8);
    let mut after = VersionVector::new();
    after.raise(&'B', 7);
    for count in [0, 1, 7, 9, u64::MAX] {
        let message = Message { dot: Dot { id: 'B', count }, after: after.clone(), op: () };
        assert_eq!(end.receive(message), Err(ReceiveError::Malformed), "{count}");
    }
    assert_eq!(end.receive(Message { dot: Dot { id: 'B', count: 8 }, after, op: () }), Ok(Vec::new()), "it waits");
}

/// The table of the types: which need causes first. `mutants.rs` shows what happens without.
#[test]
fn each_type_says_what_it_needs() {
    fn of<T: OpBased<u8>>() -> Delivery {
        T::DELIVERY
    }
    let any = [
        of::<OpCounter>(),
        of::<LwwRegister<u8, u8>>(),
        of::<GSet<u8>>(),
        of::<TwoPhaseSet<u8>>(),
        of::<LwwElementSet<u8>>(),
        of::<PnSet<u8, u8>>(),
        of::<TwoPhaseGraph<u8>>(),
        of::<MonotonicDag<u8, u8>>(),
        of::<AddRemovePartialOrder<u8, u8>>(),
    ];
    assert_eq!(any, [Delivery::AnyOnce; 9]);
    let causal = [of::<USet<u8>>(), of::<OpOrSet<u8, u8>>(), of::<OpMvRegister<u8, u8>>(), of::<Rga<u8>>(), of::<TreeDoc<u8>>()];
    assert_eq!(causal, [Delivery::CausalOnce; 5]);
}

/// Operations of a text over the channel: two who type at once, in messages that come backwards.
#[test]
fn a_text_is_typed_over_it() {
    let mut ends = [CausalBroadcast::new('A', 100), CausalBroadcast::new('B', 100)];
    let mut texts: [Rga<char>; 2] = [Rga::new(), Rga::new()];
    let mut sent = [Vec::new(), Vec::new()];
    for (at, word) in ["hello", "world"].iter().enumerate() {
        for (index, letter) in word.chars().enumerate() {
            let dot = ends[at].next_dot().expect("a short history");
            let op = texts[at].prepare(&dot, SequenceUpdate::Insert(index, vec![letter])).expect("within the text");
            texts[at].effect(&op).expect("its causes are here");
            sent[at].push(ends[at].send(op).expect("a short history"));
        }
    }
    for at in 0..2 {
        for message in sent[1 - at].iter().rev() {
            for ready in ends[at].receive(message.clone()).expect("room enough") {
                texts[at].effect(&ready.op).expect("its causes are here");
            }
        }
    }
    assert_eq!((texts[0].text(), texts[1].text()), ("worldhello".to_owned(), "worldhello".to_owned()));
    assert_eq!(texts[0].value(), texts[1].value());
}
