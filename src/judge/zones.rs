//! Linearizability of a register whose values are written once: zones (Gibbons and Korach 1997; Golab, Li and Shah 2011).
//!
//! A value with its write and its reads forms a cluster. If one of its operations ends before another begins, the value was there
//! from the first such end to the last such beginning: a forward zone. Otherwise all its operations share an instant: a backward
//! zone, from the last beginning to the first end. The register is linearizable if and only if no read ends before its write begins,
//! no two forward zones overlap, and no backward zone lies inside a forward one. That takes a sort, and the proof against it is
//! two operations of each of two values. A write without an answer that nobody saw shares the end of time with no
//! forward zone, so it stands against nothing.

/// An operation on a value: which, when it began and when it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) op: u32,
    pub(super) invoked: u64,
    /// `u64::MAX` if it is open.
    pub(super) completed: u64,
}

/// A value with its write and reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cluster {
    /// The write; none for what was there at the beginning.
    write: Option<Touch>,
    first_end: (u64, u32),
    last_begin: (u64, u32),
}

/// Why a register is not linearizable; operations by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The read ended before the write began.
    Future {
        /// The write.
        write: u32,
        /// The read.
        read: u32,
    },
    /// The first value was there between two operations, and the second too, at the same time.
    Both([u32; 2], [u32; 2]),
    /// The second value was there and gone while the first was there before and after.
    Inside([u32; 2], [u32; 2]),
}

impl Cluster {
    /// The cluster of a write, or of the initial value.
    pub(super) fn new(write: Option<Touch>) -> Cluster {
        let first_end = write.map_or((0, u32::MAX), |w| (w.completed, w.op));
        let last_begin = write.map_or((0, u32::MAX), |w| (w.invoked, w.op));
        Cluster { write, first_end, last_begin }
    }

    /// A read of the value.
    pub(super) fn read(&mut self, read: Touch) -> Option<Broken> {
        self.first_end = self.first_end.min((read.completed, read.op));
        if read.invoked > self.last_begin.0 {
            self.last_begin = (read.invoked, read.op);
        }
        self.write.filter(|w| read.completed < w.invoked).map(|w| Broken::Future { write: w.op, read: read.op })
    }
}

/// A zone: from, to, and the operations that make its ends.
#[derive(Clone, Copy)]
struct Zone {
    from: u64,
    to: u64,
    ops: [u32; 2],
}

/// Looks for a contradiction between the zones of a register. The initial value ended at the beginning of time, and instants of
/// the record are shifted by one, so that it ended before everything.
pub(super) fn contradiction(clusters: &[Cluster]) -> Option<Broken> {
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for cluster in clusters {
        let ((end, ender), (begin, beginner)) = (cluster.first_end, cluster.last_begin);
        if end < begin {
            forward.push(Zone { from: end, to: begin, ops: [ender, beginner] });
        } else {
            backward.push(Zone { from: begin, to: end, ops: [beginner, ender] });
        }
    }
    forward.sort_unstable_by_key(|zone| (zone.from, zone.to));
    for pair in forward.windows(2) {
        if pair[1].from < pair[0].to {
            return Some(Broken::Both(pair[0].ops, pair[1].ops));
        }
    }
    for zone in backward {
        // Forward zones do not overlap here, so only the last that begins before this one can hold it.
        let after = forward.partition_point(|f| f.from < zone.from);
        if let Some(f) = after.checked_sub(1).map(|last| forward[last]).filter(|f| zone.to < f.to) {
            return Some(Broken::Inside(f.ops, zone.ops));
        }
    }
    None
}
