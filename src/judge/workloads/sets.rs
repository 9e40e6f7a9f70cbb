//! Sets that only grow, element by element, after Jepsen's `checker/set-full` and `checker/set`; Maelstrom's `g-set` and `broadcast` are judged the
//! same way.
//!
//! An element is *known* from the moment at which an operation that added it, or a read that shows it, had ended. Only a read that
//! begins later tells anything by not showing it. Of these absences, and of the reads that show the element, the last to begin decide: if
//! an absence is the last, the element is *lost*; if it was seen again, the absence was *stale*. An element that no read could show or miss after
//! it was added is *never read*: that is told and is no violation. A read that shows an element twice has a *duplicate*. An element is *unexpected* if
//! nobody had begun to add it when the read ended (thin air), or only who failed (aborted).
//!
//! Reads are looked at from the last to the first, with the elements whose last absence is still open: each look either finds an
//! element in the read or closes it, so all takes time in proportion to what the reads show.

use super::super::report::{Guarantee, Verdict};
use super::super::words::{key_name, operation, value};
use super::{Object, Op, counted, first, set_order, violated};
use crate::observed::{Call, Observed, Value};
use crate::plural::plural;

/// An element of a set.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) value: Value,
    /// By whom it was added or may have been, in the order of their invocations; places in the object.
    pub(super) adds: Vec<usize>,
    /// Who failed to add it first.
    failed: Option<usize>,
    /// Since when it is known, and by which operation.
    known: Option<(u64, usize)>,
    /// The last read to begin that shows it.
    present: Option<usize>,
    /// The last read to begin that misses it, after it was known.
    absent: Option<usize>,
}

/// A read that ended well.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// Its place in the object.
    pub(super) place: usize,
    /// The elements, by place, each once.
    pub(super) elements: Vec<u32>,
    /// An element that it shows more than once.
    twice: Option<u32>,
}

/// A set with what is known of its elements.
pub(super) struct Known<'o, 'h> {
    pub(super) object: &'o Object<'h>,
    pub(super) elements: Vec<Element>,
    /// In the order of their invocations.
    pub(super) reads: Vec<Read>,
}

impl<'o, 'h> Known<'o, 'h> {
    pub(super) fn new(object: &'o Object<'h>) -> Known<'o, 'h> {
        let named = object.ops.iter().flat_map(|op| match op.call {
            Call::Add(element) => std::slice::from_ref(element),
            Call::Elements(Some(elements)) => elements,
            _ => &[],
        });
        let mut values: Vec<Value> = named.copied().collect();
        values.sort_unstable();
        values.dedup();
        let element = |value| Element { value, adds: Vec::new(), failed: None, known: None, present: None, absent: None };
        let elements = values.iter().copied().map(element).collect();
        let mut known = Known { object, elements, reads: Vec::new() };
        let number = |element: &Value| values.binary_search(element).expect("all elements are there") as u32;
        for (place, op) in object.ops.iter().enumerate() {
            match op.call {
                Call::Add(element) => known.add(number(element), place, op),
                Call::Elements(Some(shown)) if op.is_ok() => known.read(shown.iter().map(number).collect(), place, op),
                _ => {}
            }
        }
        known.find_absences();
        known
    }

    fn add(&mut self, element: u32, place: usize, op: &Op<'_>) {
        let element = &mut self.elements[element as usize];
        if op.may_be() {
            element.adds.push(place);
        } else {
            element.failed.get_or_insert(place);
        }
        if op.is_ok() {
            element.know(op.ended, place);
        }
    }

    fn read(&mut self, mut elements: Vec<u32>, place: usize, op: &Op<'_>) {
        elements.sort_unstable();
        let twice = elements.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        elements.dedup();
        for element in &elements {
            let element = &mut self.elements[*element as usize];
            element.know(op.ended, place);
            // Reads come in the order of their invocations.
            element.present = Some(place);
        }
        self.reads.push(Read { place, elements, twice });
    }

    fn find_absences(&mut self) {
        let mut open: Vec<u32> = (0..self.elements.len() as u32).filter(|e| self.elements[*e as usize].known.is_some()).collect();
        for read in self.reads.iter().rev() {
            let op = &self.object.ops[read.place];
            open.retain(|number| {
                if read.elements.binary_search(number).is_ok() {
                    return true;
                }
                let element = &mut self.elements[*number as usize];
                // If this one began too early, those before it did too.
                element.absent = element.known.filter(|(since, _)| *since < op.invoked).map(|_| read.place);
                false
            });
        }
    }

    /// Whether something was added, and no read succeeded that could show it: Jepsen's `checker/set` answers "unknown" then.
    fn is_unread(&self) -> bool {
        let added = |element: &Element| element.adds.iter().any(|place| self.op(*place).is_ok());
        self.reads.is_empty() && self.elements.iter().any(added)
    }

    pub(super) fn op(&self, place: usize) -> &Op<'h> {
        &self.object.ops[place]
    }
}

impl Element {
    fn know(&mut self, ended: u64, place: usize) {
        if ended != u64::MAX && self.known.is_none_or(|(since, _)| ended < since) {
            self.known = Some((ended, place));
        }
    }

    /// Whether the last that is known of it is that it was missing.
    fn is_lost(&self, known: &Known<'_, '_>) -> bool {
        let begun = |place: Option<usize>| place.map(|place| known.op(place).invoked);
        self.absent.is_some() && begun(self.present) < begun(self.absent)
    }
}

/// Judges a guarantee of sets.
pub(super) fn judge(history: &Observed, sets: &[Known<'_, '_>], guarantee: Guarantee) -> Verdict {
    let verdict = first(sets, |known| match guarantee {
        Guarantee::NoThinAirReads => unexpected(history, known, false),
        Guarantee::NoAbortedReads => unexpected(history, known, true),
        Guarantee::NoLostElements => absence(history, known, true),
        Guarantee::NoStaleReads => absence(history, known, false),
        Guarantee::NoDuplicates => duplicate(history, known),
        _ => {
            let unexpected = unexpected(history, known, true).or_else(|| unexpected(history, known, false));
            unexpected.or_else(|| set_order::judge(history, known))
        }
    });
    let unread = sets.iter().find(|known| guarantee == Guarantee::NoLostElements && known.is_unread());
    match unread {
        Some(known) if verdict == Verdict::Holds => Verdict::Unknown(format!(
            "no read of {} succeeded, so nobody knows what it holds",
            key_name(history, known.object.key)
        )),
        _ => verdict,
    }
}

/// A read of an element that nobody had begun to add, or (`aborted`) only who failed.
fn unexpected(history: &Observed, known: &Known<'_, '_>, aborted: bool) -> Option<Verdict> {
    for read in &known.reads {
        let op = known.op(read.place);
        let begun = |place: &usize| known.op(*place).invoked <= op.ended;
        for number in &read.elements {
            let element = &known.elements[*number as usize];
            if element.adds.first().is_some_and(begun) {
                continue;
            }
            let failed = element.failed.filter(begun);
            if failed.is_some() != aborted {
                continue;
            }
            let (name, said) = (value(history, element.value), operation(history, op.number));
            let others = failed.or(element.adds.first().copied()).map(|place| known.op(place).number);
            let text = match (failed, others) {
                (Some(_), Some(other)) => format!("{said}; {name} is in it, although {}.", operation(history, other)),
                (_, Some(other)) => format!("{said}; {name} is in it, and only later {}.", operation(history, other)),
                _ => format!("{said}; {name} is in it, but nobody added that to {}.", key_name(history, known.object.key)),
            };
            let operations = std::iter::once(op.number).chain(others).collect();
            return Some(violated(operations, known.object.key, text));
        }
    }
    None
}

/// An element that is missing from a read after it was known: the last that is known of it, or (not `lost`) seen again later.
fn absence(history: &Observed, known: &Known<'_, '_>, lost: bool) -> Option<Verdict> {
    let such = |element: &&Element| element.absent.is_some() && element.is_lost(known) == lost;
    let element = known.elements.iter().find(such)?;
    let all = known.elements.iter().filter(such).count();
    let (_, since) = element.known?;
    let absent = known.op(element.absent?).number;
    let source = known.op(since).number;
    let present = element.present.map(|place| known.op(place).number);
    let (name, set) = (value(history, element.value), key_name(history, known.object.key));
    let (added, missing) = (operation(history, source), operation(history, absent));
    let others = all.saturating_sub(1);
    let more = |so: &str| match others {
        0 => String::new(),
        others => format!(" So {so} {}.", plural(others as u64, "more element")),
    };
    let are = if others == 1 { "is" } else { "are" };
    let text = match (lost, present.filter(|seen| *seen != source)) {
        (true, Some(seen)) => {
            let seen = operation(history, seen);
            format!("{name} is lost from {set}: {added}; it was seen last where {seen}; and later {missing}.{}", more(are))
        }
        (true, None) => format!("{name} is lost from {set}: {added}, and later {missing}.{}", more(are)),
        (false, seen) => {
            let seen = seen.map_or_else(String::new, |seen| format!("; it is there where {}", operation(history, seen)));
            let more = more("it is with");
            format!("A read misses {name}, which was known to be in {set}: {added}; then {missing}{seen}.{more}")
        }
    };
    let first_add = element.adds.first().map(|place| known.op(*place).number);
    let operations = std::iter::once(source).chain(present).chain([absent]).chain(first_add).collect();
    Some(violated(operations, known.object.key, text))
}

fn duplicate(history: &Observed, known: &Known<'_, '_>) -> Option<Verdict> {
    known.reads.iter().find_map(|read| {
        let number = known.op(read.place).number;
        let name = value(history, known.elements[read.twice? as usize].value);
        let text = format!("{name} is shown more than once: {}.", operation(history, number));
        Some(violated(vec![number], known.object.key, text))
    })
}

/// What the answers rest on, and what is told although it is no violation.
pub(super) fn assumptions(sets: &[Known<'_, '_>]) -> Vec<String> {
    let mut never = 0;
    for known in sets {
        let added = |element: &&Element| element.adds.iter().any(|place| known.op(*place).is_ok());
        never += known.elements.iter().filter(added).filter(|e| e.present.is_none() && e.absent.is_none()).count();
    }
    let mut all = vec!["A set is empty at the beginning, and nothing is taken out of it.".to_owned()];
    if never > 0 {
        let verb = if never == 1 { "was" } else { "were" };
        all.push(format!("{} {verb} added and never read: no read began later.", counted(never, "element")));
    }
    all
}
