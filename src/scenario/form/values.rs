//! The parts that structures are made of: texts, numbers, lengths of time, lists, and kinds that are a name and nothing else.

use super::tree::{Node, Value};
use super::{Blank, Form, Io};
use crate::rng::Ratio;
use crate::router::{Guarantee, ReadMode, TokenHome, TokenKind};
use crate::sabotage::Sabotage;
use crate::scenario::{Anomaly, FencingSpec, FormatSpec, LevelSpec, PolicySpec, SelectionSpec, VisibilitySpec, WorkloadKind};
use crate::time::SimDuration;

/// The fields of a variant, all of which are always there.
pub(super) struct Fields<'a>(pub(super) Vec<(&'static str, &'a mut dyn Form)>);

impl Form for Fields<'_> {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| self.0.iter_mut().for_each(|(name, value)| io.must(name, *value)));
    }
}

/// The fields of a variant, some of which may be left out.
pub(super) struct Struct<'a>(pub(super) &'a mut dyn FnMut(&mut Io<'_>));

impl Form for Struct<'_> {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| (self.0)(io));
    }
}

impl Blank for String {
    fn blank() -> String {
        String::new()
    }
}

impl Form for String {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(text) = io.text(&|| self.clone()) {
            text.clone_into(self);
        }
    }

    fn absent(&self) -> bool {
        self.is_empty()
    }
}

impl Blank for bool {
    fn blank() -> bool {
        false
    }
}

impl Form for bool {
    fn form(&mut self, io: &mut Io<'_>) {
        match io.node {
            Some(Node { value: Value::Bool(is), .. }) => *self = *is,
            Some(_) => io.expected("true or false"),
            None => io.out += if *self { "true" } else { "false" },
        }
    }

    fn absent(&self) -> bool {
        !*self
    }
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Blank for $kind {
            fn blank() -> $kind {
                0
            }
        }

        impl Form for $kind {
            fn form(&mut self, io: &mut Io<'_>) {
                // A number up to the largest of its kind fits its kind, and every kind fits 64 bits.
                *self = io.number(*self as u64, <$kind>::MAX as u64) as $kind;
            }
        }
    )*};
}

mod numbers {
    #![allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "bounded by the largest of each kind")]
    use super::{Blank, Form, Io};

    numbers!(u32, u64, usize);
}

impl Blank for SimDuration {
    fn blank() -> SimDuration {
        SimDuration::ZERO
    }
}

impl Form for SimDuration {
    fn form(&mut self, io: &mut Io<'_>) {
        let Some(text) = io.text(&|| self.to_string()) else { return };
        match SimDuration::parse(text) {
            Ok(duration) => *self = duration,
            Err(error) => io.wrong(error.to_string()),
        }
    }

    fn absent(&self) -> bool {
        *self == SimDuration::ZERO
    }
}

impl Blank for Ratio {
    fn blank() -> Ratio {
        Ratio(0)
    }
}

impl Form for Ratio {
    fn form(&mut self, io: &mut Io<'_>) {
        let Some(text) = io.text(&|| self.to_string()) else { return };
        match Ratio::parse(text) {
            Ok(ratio) => *self = ratio,
            Err(error) => io.wrong(error),
        }
    }
}

impl<T> Blank for Vec<T> {
    fn blank() -> Vec<T> {
        Vec::new()
    }
}

impl<T: Form + Blank> Form for Vec<T> {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(nodes) = io.items() {
            for node in nodes {
                let mut item = T::blank();
                io.inside(node, &mut item);
                self.push(item);
            }
        } else if io.reading() {
            io.expected("a list");
        } else {
            io.open('[');
            for item in self {
                io.next_item();
                item.form(io);
                io.filled = true;
            }
            io.close(']');
        }
    }

    fn absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Blank for Option<T> {
    fn blank() -> Option<T> {
        None
    }
}

impl<T: Form + Blank> Form for Option<T> {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(Node { value: Value::Null, .. }) = io.node {
            return;
        }
        self.get_or_insert_with(T::blank).form(io);
    }

    fn absent(&self) -> bool {
        self.is_none()
    }
}

/// Kinds that are a name and nothing else: the type, all its values with their names, and the one that says nothing.
macro_rules! names {
    ($($kind:ident { $first:ident => $first_name:literal $(, $value:ident => $name:literal)* })*) => {$(
        impl Blank for $kind {
            fn blank() -> $kind {
                $kind::$first
            }
        }

        impl Form for $kind {
            fn form(&mut self, io: &mut Io<'_>) {
                const ALL: &[$kind] = &[$kind::$first $(, $kind::$value)*];
                let index = ALL.iter().position(|value| value == self).unwrap_or(0);
                *self = ALL[io.word(&[$first_name $(, $name)*], index)];
            }

            fn absent(&self) -> bool {
                *self == $kind::$first
            }
        }
    )*};
}

/// Kinds whose names stand in the table of [`crate::property`]; the first one says nothing.
macro_rules! properties {
    ($($kind:ident)*) => {$(
        impl Blank for $kind {
            fn blank() -> $kind {
                $kind::ALL[0]
            }
        }

        impl Form for $kind {
            fn form(&mut self, io: &mut Io<'_>) {
                let index = $kind::ALL.iter().position(|value| value == self).unwrap_or(0);
                *self = $kind::ALL[io.word(&$kind::ALL.map($kind::name), index)];
            }

            fn absent(&self) -> bool {
                *self == $kind::ALL[0]
            }
        }
    )*};
}

properties! { Guarantee Anomaly }

names! {
    ReadMode {
        AnyFollower => "any-follower", Leader => "leader", SessionConsistent => "session-consistent",
        PinnedFollower => "pinned-follower", StickyLeader => "sticky-leader", BoundedStaleness => "bounded-staleness",
        BestEffortFresh => "best-effort-fresh", Guarantees => "guarantees"
    }
    TokenKind { Position => "position", Number => "number" }
    TokenHome { Device => "device", User => "user" }
    SelectionSpec { First => "first", Any => "any" }
    LevelSpec { Flushed => "flushed", Received => "received", Applied => "applied" }
    VisibilitySpec { Acknowledged => "acknowledged", Flushed => "flushed" }
    PolicySpec { Manual => "manual", AutomaticBest => "automatic-best", AutomaticAny => "automatic-any" }
    FormatSpec { Logical => "logical", Statement => "statement", WriteAheadLog => "write-ahead-log" }
    FencingSpec { On => "on", Off => "off" }
    WorkloadKind { Write => "write", Read => "read" }
    Sabotage {
        AcceptGaps => "accept-gaps", ApplyBeforeFlush => "apply-before-flush", AckBeforeFlush => "ack-before-flush",
        AckEarly => "ack-early", KeepTail => "keep-tail", NeverResend => "never-resend",
        TokenIgnoresWrites => "token-ignores-writes", TokenIgnoresReads => "token-ignores-reads",
        TokenIgnoresDependencies => "token-ignores-dependencies", ForgetPromise => "forget-promise", SkipConfirmation => "skip-confirmation", SnapshotTooEarly => "snapshot-too-early",
        SnapshotTooLate => "snapshot-too-late",
        WriteIgnoresToken => "write-ignores-token", ApplyOutOfOrder => "apply-out-of-order", IgnoreBound => "ignore-bound",
        SilenceIsRefusal => "silence-is-refusal", FlipNumbers => "flip-numbers"
    }
}
