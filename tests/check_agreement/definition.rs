//! The guarantees by their definitions over versions that may be concurrent: each required version is covered by some returned one. As in
//! `reference`, nothing is remembered, and every pair is looked at.

use replicated_telemetry_store::history::{By, End, Event, Fate, Op, Scope, Sibling};
use replicated_telemetry_store::log::{KeyId, OpId};
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::router::{Bound, ReadMode};
use replicated_telemetry_store::version::Stamp;

use crate::check_agreement::stamped::Stamped;

/// A history with the places of its events.
pub(crate) struct Definition<'a> {
    stamped: &'a Stamped,
    began: Vec<usize>,
    ended: Vec<usize>,
}

impl<'a> Definition<'a> {
    pub(crate) fn of(stamped: &'a Stamped) -> Definition<'a> {
        let place = |event: Event| stamped.sample.events.iter().position(|other| *other == event).unwrap_or(usize::MAX);
        let began = stamped.sample.ops.iter().map(|op| place(Event::Invoke(op.id))).collect();
        let ended = stamped.sample.ops.iter().map(|op| place(Event::Complete(op.id))).collect();
        Definition { stamped, began, ended }
    }

    fn ops(&self) -> impl Iterator<Item = &'a Op> {
        self.stamped.sample.ops.iter()
    }

    fn op(&self, id: OpId) -> Option<&'a Op> {
        self.stamped.sample.ops.get(id.index())
    }

    fn before(&self, a: &Op, b: &Op) -> bool {
        self.ended[a.id.index()] < self.began[b.id.index()]
    }

    fn survives(&self, id: OpId) -> bool {
        self.stamped.sample.survives.get(id.index()).copied().unwrap_or(true)
    }

    pub(crate) fn written(&self, op: &Op) -> Option<Stamp> {
        match op.end?.outcome {
            Outcome::Stamped { version } => Some(self.stamped.versions.get(version)[0].stamp.clone()),
            _ => None,
        }
    }

    pub(crate) fn read(&self, op: &Op) -> Option<&'a [Sibling]> {
        match op.end?.outcome {
            Outcome::Siblings { found, .. } => Some(self.stamped.versions.get(found)),
            _ => None,
        }
    }

    /// What was returned, as the replica stamped it.
    pub(crate) fn shown(&self, op: &Op) -> Vec<Stamp> {
        self.read(op).unwrap_or_default().iter().map(|sibling| sibling.stamp.clone()).collect()
    }

    /// What was returned, as its writers were told; with whether it survived.
    fn told(&self, op: &Op) -> Vec<(Stamp, bool)> {
        let told = |sibling: &Sibling| {
            let writer = self.op(sibling.op).and_then(|writer| self.written(writer));
            (writer.unwrap_or_else(|| sibling.stamp.clone()), self.survives(sibling.op))
        };
        self.read(op).unwrap_or_default().iter().map(told).collect()
    }

    /// What an operation wrote or was shown.
    fn known_by(&self, op: &Op) -> Vec<Stamp> {
        self.written(op).map_or_else(|| self.shown(op), |stamp| vec![stamp])
    }

    /// What an operation wrote or read that survived.
    fn kept(&self, op: &Op) -> Vec<Stamp> {
        let written = self.written(op).filter(|_| self.survives(op.id));
        written.into_iter().chain(self.told(op).into_iter().filter(|(_, kept)| *kept).map(|(stamp, _)| stamp)).collect()
    }

    fn same_place(&self, a: &Op, b: &Op) -> bool {
        match self.stamped.scope {
            Scope::Group => a.group == b.group,
            Scope::Key => a.key == b.key,
        }
    }

    fn earlier(&self, op: &'a Op, fits: impl Fn(&Op) -> bool) -> impl Iterator<Item = &'a Op> {
        self.ops().filter(move |other| other.session == op.session && self.before(other, op) && fits(other))
    }

    /// The own writes that a read must not miss.
    pub(crate) fn own_writes(&self, op: &'a Op) -> Vec<Stamp> {
        self.earlier(op, |other| other.key == op.key).filter_map(|other| self.written(other)).collect()
    }

    pub(crate) fn read_your_writes(&self, op: &'a Op) -> bool {
        let returned = self.shown(op);
        self.read(op).is_some() && self.own_writes(op).iter().any(|stamp| !covers(&returned, stamp))
    }

    pub(crate) fn monotonic_reads(&self, op: &'a Op) -> bool {
        let returned = self.shown(op);
        let mut required = self.earlier(op, |other| other.key == op.key).flat_map(|other| self.shown(other));
        self.read(op).is_some() && required.any(|stamp| !covers(&returned, &stamp))
    }

    pub(crate) fn monotonic_writes(&self, op: &'a Op) -> bool {
        let order = |at: Stamp| {
            let mut required = self.earlier(op, |other| self.same_place(other, op)).filter_map(|other| self.written(other));
            required.any(|stamp| !at.covers(&stamp))
        };
        self.written(op).is_some_and(order) || self.hole(op, |other| self.written(other).is_some())
    }

    pub(crate) fn writes_follow_reads(&self, op: &'a Op) -> bool {
        let order = |at: Stamp| {
            let mut required = self.earlier(op, |other| self.same_place(other, op)).flat_map(|other| self.told(other));
            required.any(|(stamp, _)| !at.covers(&stamp))
        };
        self.written(op).is_some_and(order) || self.hole(op, |other| self.read(other).is_some())
    }

    /// The replica of this read had shown a session's write, says that it has it, and lacks what that session had done before. Of the
    /// writes that it had shown the one with the most behind it counts, the first if there are several.
    fn hole(&self, read: &'a Op, counts: impl Fn(&Op) -> bool) -> bool {
        let Some(End { outcome: Outcome::Siblings { applied, .. }, replica, .. }) = read.end else { return false };
        let applied: Vec<Stamp> = self.stamped.versions.get(applied).iter().map(|known| known.stamp.clone()).collect();
        let returned: Vec<Stamp> = self.told(read).into_iter().map(|(stamp, _)| stamp).collect();
        let past = |write: &'a Op| -> Vec<(&'a Op, Stamp)> {
            let done = self.earlier(write, &counts);
            done.flat_map(|other| self.kept(other).into_iter().map(move |stamp| (other, stamp))).collect()
        };
        self.ops().any(|session| {
            let mut shown: Vec<((usize, usize, usize), &Op, Stamp)> = Vec::new();
            for other in self.ops().filter(|other| self.before(other, read) && other.end.is_some_and(|e| e.replica == replica)) {
                for (place, sibling) in self.read(other).unwrap_or_default().iter().enumerate() {
                    let Some(write) = self.op(sibling.op).filter(|write| write.session == session.session) else { continue };
                    let first = (usize::MAX - self.ended[other.id.index()], usize::MAX - place);
                    shown.push(((past(write).len(), first.0, first.1), write, sibling.stamp.clone()));
                }
            }
            let Some((_, write, at)) = shown.into_iter().max_by_key(|(key, ..)| *key) else { return false };
            let lacks = |(other, stamp): &(&Op, Stamp)| other.key == read.key && !covers(&returned, stamp);
            covers(&applied, &at) && past(write).iter().any(lacks)
        })
    }

    /// All operations that the session of this one knew of when it began: its own, and those of the writers of what it had read.
    fn known(&self, op: &'a Op) -> Vec<&'a Op> {
        let (mut known, mut at_hand, mut done): (Vec<&Op>, Vec<&Op>, Vec<OpId>) = (Vec::new(), vec![op], Vec::new());
        while let Some(next) = at_hand.pop() {
            if done.contains(&next.id) {
                continue;
            }
            done.push(next.id);
            for other in self.earlier(next, |_| true) {
                known.push(other);
                at_hand.extend(self.read(other).unwrap_or_default().iter().filter_map(|sibling| self.op(sibling.op)));
            }
        }
        known
    }

    pub(crate) fn causal(&self, op: &'a Op) -> bool {
        let returned: Vec<Stamp> = self.told(op).into_iter().map(|(stamp, _)| stamp).collect();
        let known = self.known(op).into_iter().filter(|other| other.key == op.key);
        self.read(op).is_some() && known.flat_map(|other| self.kept(other)).any(|stamp| !covers(&returned, &stamp))
    }

    pub(crate) fn consistent_prefix(&self, op: &'a Op) -> bool {
        let returned = self.shown(op);
        let across = self.stamped.sample.groups > 1 || self.stamped.scope == Scope::Key;
        let own = |other: &&Op| across || (other.session == op.session && self.before(other, op));
        let known = self.known(op).into_iter().filter(own).filter(|other| self.same_place(other, op));
        let floor: Vec<Stamp> = known.flat_map(|other| self.known_by(other)).collect();
        let mut versions = self.ops().filter(|other| other.key == op.key).flat_map(|other| self.known_by(other));
        self.read(op).is_some() && versions.any(|stamp| covers(&floor, &stamp) && !covers(&returned, &stamp))
    }

    pub(crate) fn linearizability(&self, op: &'a Op) -> bool {
        let judged = |op: &Op| matches!(op.kind, Kind::Read(Some(ReadMode::Leader)));
        let returned = self.shown(op);
        let ended = self.ops().filter(|other| other.key == op.key && self.before(other, op));
        let mut required = ended.filter(|other| other.is_write() || judged(other)).flat_map(|other| self.known_by(other));
        self.read(op).is_some() && judged(op) && required.any(|stamp| !covers(&returned, &stamp))
    }

    pub(crate) fn bounded(&self, op: &'a Op, bound: Bound) -> bool {
        let returned = self.shown(op);
        let newer = self.ops().filter(|other| other.key == op.key && self.before(other, op) && self.survives(other.id));
        let missed = newer.filter(|other| self.written(other).is_some_and(|stamp| !covers(&returned, &stamp)));
        let times: Vec<u64> = missed.filter_map(|other| Some(other.end?.at.0)).collect();
        let beyond = match (bound, times.iter().min()) {
            (Bound::Time(most), Some(first)) => op.invoked.0 - first > most.0,
            (Bound::Entries(most), _) => times.len() as u64 > most,
            (Bound::Time(_), None) => false,
        };
        self.read(op).is_some() && beyond && op.kind == Kind::Read(Some(ReadMode::BoundedStaleness))
    }

    pub(crate) fn lost(&self, op: &'a Op) -> bool {
        self.written(op).is_some() && !self.survives(op.id)
    }

    pub(crate) fn dirty(&self, op: &'a Op) -> bool {
        self.read(op).is_some_and(|siblings| siblings.iter().any(|sibling| !self.survives(sibling.op)))
    }

    pub(crate) fn aborted(&self, op: &'a Op) -> bool {
        let refused = |op: &Op| matches!(op.end, Some(End { outcome: Outcome::Rejected(_), .. }));
        self.read(op).is_some_and(|siblings| siblings.iter().any(|sibling| self.op(sibling.op).is_some_and(refused)))
    }

    pub(crate) fn thin_air(&self, op: &'a Op) -> bool {
        let real = |sibling: &Sibling| {
            self.ops().any(|other| (other.id, other.key, other.kind) == (sibling.op, op.key, Kind::Write(sibling.value)))
        };
        self.read(op).is_some_and(|siblings| !siblings.iter().all(real))
    }
}

impl<'a> Definition<'a> {
    /// One step of happens-before: the same session, or one operation had seen what the other wrote.
    fn directly(&self, a: &Op, b: &Op) -> bool {
        let context = self.stamped.versions.get(b.context).iter();
        let seen = context.chain(self.read(b).unwrap_or_default()).any(|sibling| sibling.op == a.id);
        seen || (a.session == b.session && self.before(a, b))
    }

    /// An operation with all that come after it: step by step, until no more are found.
    fn after(&self, op: &Op) -> Vec<OpId> {
        let mut after = vec![op.id];
        loop {
            let knows = |next: &&Op| after.iter().filter_map(|id| self.op(*id)).any(|known| self.directly(known, next));
            let more: Vec<OpId> = self.ops().filter(|next| !after.contains(&next.id)).filter(knows).map(|op| op.id).collect();
            if more.is_empty() {
                return after;
            }
            after.extend(more);
        }
    }

    pub(crate) fn fate(&self, op: &'a Op, left: &[(KeyId, Vec<Sibling>)]) -> Fate {
        let own = self.written(op).expect("it was acknowledged");
        let left: Vec<&Sibling> = left.iter().filter(|(key, _)| *key == op.key).flat_map(|(_, left)| left).collect();
        if left.iter().any(|sibling| sibling.op == op.id) {
            return Fate::Kept;
        }
        let above = || left.iter().filter(|sibling| sibling.stamp.covers(&own));
        let superseded = match own {
            Stamp::Clock(_) => {
                let after = self.after(op);
                left.iter().any(|sibling| after.contains(&sibling.op))
            }
            Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) => above().next().is_some(),
        };
        let winner = above().max_by(|a, b| a.stamp.arbitrate(&b.stamp));
        if superseded { Fate::Superseded } else { Fate::Discarded(winner.map_or(By::Unknown, |winner| By::Write(winner.op))) }
    }
}

/// Some returned version includes what the required one includes.
pub(crate) fn covers(returned: &[Stamp], required: &Stamp) -> bool {
    returned.iter().any(|version| version.compare(required).is_some_and(std::cmp::Ordering::is_ge))
}
