//! Sequences as states: merges, equality, and what is written and read.
//!
//! A state that is read is built from its runs as if they were merged into nothing, so that nothing that it says can break the order.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Anchor, ElementId, Key, Rule, Sequence, Side, Span};

/// Elements in a row, each hanging on the one before: as long as can be, so that equal sequences have equal runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Run<I, T> {
    first: ElementId<I>,
    anchor: Option<ElementId<I>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    left: bool,
    elements: Elements<T>,
}

/// What the elements of a run are, or how many were removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Elements<T> {
    Visible(Vec<T>),
    Removed(usize),
}

impl<I: Ord + Clone, T: Clone, R: Rule> Sequence<I, T, R> {
    /// Takes in what the other has and this one has not: insertions in the order of timestamps, which is causal, and then removals.
    pub(crate) fn merge(&mut self, other: &Sequence<I, T, R>) {
        let numbers = self.names.enter_all(&other.names);
        let here = |key: Key| numbers[key.who as usize].map(|who| Key { who, ..key });
        let (mut new, mut gone): (Vec<Span>, Vec<(Key, usize)>) = (Vec::new(), Vec::new());
        for span in other.spans.iter() {
            let of = span.anchor.of.and_then(here);
            let Some(first) = here(span.first) else { continue };
            let mut rest = Some(Span { first, anchor: Anchor { of, ..span.anchor }, ..*span });
            while let Some(mut run) = rest.take() {
                if let Some(known) = self.spans.find(run.first) {
                    let at = self.spans.at(known);
                    let len = run.len.min(at.len - known.offset);
                    if at.visible && !run.visible {
                        gone.push((run.first, len));
                    }
                    rest = (len < run.len).then(|| run.split_off(len));
                    continue;
                }
                let gap = self.spans.next_start(run.first).and_then(|next| usize::try_from(next - run.first.clock).ok());
                rest = gap.filter(|gap| *gap < run.len).map(|gap| run.split_off(gap));
                new.push(run);
            }
        }
        new.sort_by(|a, b| self.names.cmp(a.first, b.first));
        for mut run in new {
            let content = self.content.len();
            if run.visible {
                self.content.extend_from_slice(&other.content[run.content()]);
                run.content = content;
            }
            // What a run hangs on is in the other sequence, so it is known or was new with a smaller timestamp.
            if self.integrate(run).is_err() {
                self.content.truncate(content);
            }
        }
        for (first, len) in gone {
            self.hide_run(first, len as u64);
        }
        self.let_go();
    }

    fn runs(&self) -> Vec<Run<I, T>> {
        let mut runs: Vec<Run<I, T>> = Vec::new();
        let mut last: Option<Key> = None;
        for span in self.spans.iter() {
            let follows = last.is_some_and(|last| span.first == Key { clock: last.clock + 1, ..last })
                && span.anchor == Anchor { of: last, side: Side::Right };
            last = Some(span.last());
            let content = if span.visible { &self.content[span.content()] } else { &[] };
            match runs.last_mut().filter(|_| follows).map(|run| &mut run.elements) {
                Some(Elements::Visible(elements)) if span.visible => elements.extend_from_slice(content),
                Some(Elements::Removed(len)) if !span.visible => *len += span.len,
                Some(Elements::Visible(_) | Elements::Removed(_)) | None => runs.push(Run {
                    first: self.names.element(span.first),
                    anchor: span.anchor.of.map(|key| self.names.element(key)),
                    left: span.anchor.side == Side::Left,
                    elements: if span.visible { Elements::Visible(content.to_vec()) } else { Elements::Removed(span.len) },
                }),
            }
        }
        runs
    }

    fn of_runs(mut runs: Vec<Run<I, T>>) -> Result<Sequence<I, T, R>, &'static str> {
        let mut sequence = Sequence::default();
        runs.sort_by(|a, b| a.first.cmp(&b.first));
        for run in runs {
            let len = match &run.elements {
                Elements::Visible(elements) => elements.len(),
                Elements::Removed(len) => *len,
            };
            if len == 0 {
                return Err("a run of the sequence has no elements");
            }
            let span = sequence.enter_span(&run.first, run.anchor.as_ref(), run.left, len);
            let mut span = span.map_err(|_| "a run of the sequence hangs on what is not there, or has no timestamps")?;
            if sequence.spans.find(span.first).is_some() || sequence.spans.next_start(span.first).is_some() {
                return Err("two runs of the sequence have the same timestamps");
            }
            if let Elements::Visible(elements) = run.elements {
                (span.visible, span.content) = (true, sequence.content.len());
                sequence.content.extend(elements);
            }
            sequence.integrate(span).map_err(|_| "a run of the sequence hangs on what is not there or not older")?;
        }
        Ok(sequence)
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq, R: Rule> PartialEq for Sequence<I, T, R> {
    fn eq(&self, other: &Sequence<I, T, R>) -> bool {
        self.spans.shown() == other.spans.shown() && self.runs() == other.runs()
    }
}

impl<I: Ord + Clone + Serialize, T: Clone + Serialize, R: Rule> Serialize for Sequence<I, T, R> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.runs().serialize(to)
    }
}

impl<'de, I: Ord + Clone + Deserialize<'de>, T: Clone + Deserialize<'de>, R: Rule> Deserialize<'de> for Sequence<I, T, R> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Sequence<I, T, R>, D::Error> {
        let runs = Vec::<Run<I, T>>::deserialize(from)?;
        Sequence::of_runs(runs).map_err(D::Error::custom)
    }
}
