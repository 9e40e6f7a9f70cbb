//! Linearizability of a set that only grows, without a search.
//!
//! A read shows exactly what was added before it. So of two reads one shows all that the other does, and the sets that reads show, in the
//! order of their sizes, give a level to each operation: reads of the n-th set stand at level 2n + 1, whoever first added an element
//! of it that the set before lacks at level 2n, what was added and never shown above all. Operations of different levels take effect in
//! the order of their levels, whatever else happens, and nothing is asked of those of one level. So the set is linearizable if and only if
//! reads are nested, and no operation ended before another began that stands at a lower level. Whoever adds an
//! element again may do so at any level from the first on; the first is the one that began first, for it has the fewest before it.
//! The argument is ours; it is the case of sets in which Bouajjani, Emmi, Enea and Hamza (2015) find linearizability
//! decidable by bad patterns.

use super::super::report::Verdict;
use super::super::words::{key_name, operation, value};
use super::sets::{Known, Read};
use super::{told, violated};
use crate::observed::Observed;

/// An operation with its level.
struct Placed {
    place: usize,
    level: usize,
    /// Whether it stands at this level, and not at this one or a higher one.
    fixed: bool,
}

/// Looks for what contradicts linearizability. What reads show was added, or may have been, before they ended.
pub(super) fn judge(history: &Observed, known: &Known<'_, '_>) -> Option<Verdict> {
    let mut reads: Vec<&Read> = known.reads.iter().collect();
    reads.sort_by_key(|read| read.elements.len());
    for pair in reads.windows(2) {
        if let Some(only) = pair[0].elements.iter().find(|e| pair[1].elements.binary_search(e).is_err()) {
            return Some(not_nested(history, known, (pair[0], pair[1]), *only));
        }
    }
    let mut of_element = vec![None; known.elements.len()];
    let mut placed = Vec::new();
    let (mut sets, mut before) = (0, None);
    for read in &reads {
        if before.is_some_and(|before: &Read| before.elements.len() < read.elements.len()) {
            sets += 1;
        }
        before = Some(read);
        placed.push(Placed { place: read.place, level: 2 * sets + 1, fixed: true });
        for element in &read.elements {
            of_element[*element as usize].get_or_insert((2 * sets, read.place));
        }
    }
    for (element, shown) in known.elements.iter().zip(&of_element) {
        let level = shown.map_or(2 * sets + 2, |(level, _)| level);
        // Who may have added what nobody saw can be taken to have never done it.
        let counts = |place: &&usize| shown.is_some() || known.op(**place).is_ok();
        let adds = element.adds.iter().filter(counts).enumerate();
        placed.extend(adds.map(|(nth, place)| Placed { place: *place, level, fixed: nth == 0 || shown.is_none() }));
    }
    let (earlier, later) = inversion(known, &mut placed)?;
    Some(inverted(history, known, earlier, later, &of_element))
}

/// An operation that had ended when another began which stands below it.
fn inversion(known: &Known<'_, '_>, placed: &mut [Placed]) -> Option<(usize, usize)> {
    placed.sort_by_key(|op| known.op(op.place).invoked);
    let mut by_end: Vec<&Placed> = placed.iter().collect();
    by_end.sort_by_key(|op| known.op(op.place).ended);
    let mut ended = by_end.into_iter().peekable();
    let mut highest: Option<&Placed> = None;
    for op in placed.iter() {
        let begun = known.op(op.place).invoked;
        while let Some(other) = ended.next_if(|other| known.op(other.place).ended < begun) {
            if highest.is_none_or(|highest| highest.level < other.level) {
                highest = Some(other);
            }
        }
        if let Some(highest) = highest.filter(|highest| op.fixed && highest.level > op.level) {
            return Some((highest.place, op.place));
        }
    }
    None
}

fn not_nested(history: &Observed, known: &Known<'_, '_>, (one, other): (&Read, &Read), only: u32) -> Verdict {
    let lacking = other.elements.iter().find(|e| one.elements.binary_search(e).is_err());
    let elements = [Some(&only), lacking].into_iter().flatten().map(|e| &known.elements[*e as usize]);
    let names: Vec<String> = elements.clone().map(|element| value(history, element.value)).collect();
    let [a, b] = [one, other].map(|read| known.op(read.place).number);
    let set = key_name(history, known.object.key);
    let text = format!(
        "Of two reads of {set} one has to show all that the other does, but each lacks something ({}): {}.",
        names.join(" and "),
        told(history, &[a, b])
    );
    let adds = elements.filter_map(|element| element.adds.first()).map(|place| known.op(*place).number);
    violated([a, b].into_iter().chain(adds).collect(), known.object.key, text)
}

fn inverted(
    history: &Observed,
    known: &Known<'_, '_>,
    earlier: usize,
    later: usize,
    of_element: &[Option<(usize, usize)>],
) -> Verdict {
    let read_at = |place: usize| known.reads.iter().find(|read| read.place == place);
    let added_at = |place: usize| known.elements.iter().position(|element| element.adds.contains(&place));
    let (a, b) = (known.op(earlier).number, known.op(later).number);
    let (mut operations, said) = (vec![a, b], (operation(history, a), operation(history, b)));
    let text = match (read_at(earlier), read_at(later)) {
        (Some(seen), Some(missing)) => {
            let gone = seen.elements.iter().find(|e| missing.elements.binary_search(e).is_err());
            let gone = gone.map(|element| &known.elements[*element as usize]);
            operations.extend(gone.and_then(|element| element.adds.first()).map(|place| known.op(*place).number));
            let name = gone.map_or_else(String::new, |element| value(history, element.value));
            format!("{name} was there and is missing later: {}; {}.", said.0, said.1)
        }
        (None, Some(_)) => format!("What was added is missing later: {}; {}.", said.0, said.1),
        (_, None) => {
            // A read shows the element that was added later, and not the one before it.
            let reader = added_at(later).and_then(|element| of_element[element]).map(|(_, place)| known.op(place).number);
            operations.extend(reader);
            let reader = reader.map_or_else(String::new, |reader| operation(history, reader));
            format!("One was added before the other, and a read shows only the later one: {}; {}; {reader}.", said.0, said.1)
        }
    };
    violated(operations, known.object.key, text)
}
