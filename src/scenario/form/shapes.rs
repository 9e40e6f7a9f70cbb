//! The structures of a scenario, each with the one function that reads and writes it.

use super::values::Fields;
use super::{Blank, Form, Io};
use crate::network::{Latency, Quantile};
use crate::rng::Ratio;
use crate::router::OnMiss;
use crate::scenario::failover::{heartbeat_default, timeout_default};
use crate::scenario::{
    AckSpec, ClientSpec, ClockSpec, FailoverSpec, Fix, KeepSpec, LeaderReadsSpec, LeaseSpec, Lesson, LevelSpec, LinkSpec,
    OnLossSpec, QuorumSpec, ReadSpec, Scenario, SelectionSpec, Shard, SyncSpec, VERSION, Workload, WorkloadKind,
    attempt_timeout_default, copy_default, op_timeout_default,
};
use crate::time::SimDuration;

impl Blank for Scenario {
    fn blank() -> Scenario {
        Scenario {
            version: VERSION,
            title: String::new(),
            lesson: None,
            seed: 0,
            until: SimDuration::ZERO,
            shards: Vec::new(),
            clients: Vec::new(),
            links: Vec::new(),
            clocks: Vec::new(),
            read: ReadSpec::default(),
            op_timeout: op_timeout_default(),
            workload: Vec::new(),
            script: Vec::new(),
            sabotage: Vec::new(),
        }
    }
}

impl Form for Scenario {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("version", &mut self.version);
            io.may("title", &mut self.title);
            io.may("lesson", &mut self.lesson);
            io.must("seed", &mut self.seed);
            io.must("until", &mut self.until);
            io.must("shards", &mut self.shards);
            io.must("clients", &mut self.clients);
            io.may("links", &mut self.links);
            io.may("clocks", &mut self.clocks);
            io.kept("read", &mut self.read);
            io.or("op_timeout", &mut self.op_timeout, op_timeout_default());
            io.may("workload", &mut self.workload);
            io.may("script", &mut self.script);
            io.may("sabotage", &mut self.sabotage);
        });
    }
}

impl Blank for Lesson {
    fn blank() -> Lesson {
        Lesson::default()
    }
}

impl Form for Lesson {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("story", &mut self.story);
            io.must("hint", &mut self.hint);
            io.may("expects", &mut self.expects);
            io.may("fix", &mut self.fix);
            io.may("start", &mut self.start);
        });
    }
}

impl Blank for Fix {
    fn blank() -> Fix {
        Fix {
            text: String::new(),
            mode: None,
            ack: None,
            fencing: None,
            leader_reads: None,
            token: None,
            format: None,
            retention: None,
            timeout: None,
            repair: false,
            promote: None,
        }
    }
}

impl Form for Fix {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("text", &mut self.text);
            io.may("mode", &mut self.mode);
            io.may("ack", &mut self.ack);
            io.may("fencing", &mut self.fencing);
            io.may("leader_reads", &mut self.leader_reads);
            io.may("token", &mut self.token);
            io.may("format", &mut self.format);
            io.may("retention", &mut self.retention);
            io.may("timeout", &mut self.timeout);
            io.may("repair", &mut self.repair);
            io.may("promote", &mut self.promote);
        });
    }
}

impl Blank for Shard {
    fn blank() -> Shard {
        Shard::default()
    }
}

impl Form for Shard {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("name", &mut self.name);
            io.must("leader", &mut self.leader);
            io.must("followers", &mut self.followers);
            io.may("keys", &mut self.keys);
            io.may("ack", &mut self.ack);
            io.may("visibility", &mut self.visibility);
            io.may("failover", &mut self.failover);
            io.may("fencing", &mut self.fencing);
            io.may("leader_reads", &mut self.leader_reads);
            io.may("flush", &mut self.flush);
            io.may("apply", &mut self.apply);
            io.may("format", &mut self.format);
            io.may("retention", &mut self.retention);
            io.or("copy", &mut self.copy, copy_default());
            io.may("keeps", &mut self.keeps);
        });
    }
}

impl Blank for KeepSpec {
    fn blank() -> KeepSpec {
        KeepSpec::default()
    }
}

impl Form for KeepSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("node", &mut self.node), ("keys", &mut self.keys)]).form(io);
    }
}

impl Blank for AckSpec {
    fn blank() -> AckSpec {
        AckSpec::Async
    }
}

impl Form for AckSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "async" => *self = AckSpec::Async,
                "sync" => *self = AckSpec::Sync(SyncSpec::blank()),
                _ => return io.unknown(name, &["async", "sync"]),
            }
        }
        match self {
            AckSpec::Async => io.bare("async"),
            AckSpec::Sync(rule) => io.content("sync", rule),
        }
    }

    fn absent(&self) -> bool {
        *self == AckSpec::Async
    }
}

impl Blank for FailoverSpec {
    fn blank() -> FailoverSpec {
        FailoverSpec::default()
    }
}

impl Form for FailoverSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.or("heartbeat", &mut self.heartbeat, heartbeat_default());
            io.or("timeout", &mut self.timeout, timeout_default());
            io.may("policy", &mut self.policy);
            io.may("quorum", &mut self.quorum);
        });
    }
}

impl Blank for LeaderReadsSpec {
    fn blank() -> LeaderReadsSpec {
        LeaderReadsSpec::Local
    }
}

impl Form for LeaderReadsSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "local" => *self = LeaderReadsSpec::Local,
                "read-index" => *self = LeaderReadsSpec::ReadIndex,
                "lease" => *self = LeaderReadsSpec::Lease(LeaseSpec::default()),
                _ => return io.unknown(name, &["local", "read-index", "lease"]),
            }
        }
        match self {
            LeaderReadsSpec::Local => io.bare("local"),
            LeaderReadsSpec::ReadIndex => io.bare("read-index"),
            LeaderReadsSpec::Lease(LeaseSpec { length, margin }) => {
                io.content("lease", &mut Fields(vec![("length", length), ("margin", margin)]));
            }
        }
    }

    fn absent(&self) -> bool {
        *self == LeaderReadsSpec::Local
    }
}

impl Blank for ClockSpec {
    fn blank() -> ClockSpec {
        ClockSpec { node: String::new(), ms_per_second: 1_000 }
    }
}

impl Form for ClockSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("node", &mut self.node), ("ms_per_second", &mut self.ms_per_second)]).form(io);
    }
}

impl Blank for QuorumSpec {
    fn blank() -> QuorumSpec {
        QuorumSpec::Majority
    }
}

impl Form for QuorumSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "majority" => *self = QuorumSpec::Majority,
                "nobody" => *self = QuorumSpec::Nobody,
                "followers" => *self = QuorumSpec::Followers(0),
                _ => return io.unknown(name, &["majority", "nobody", "followers"]),
            }
        }
        match self {
            QuorumSpec::Majority => io.bare("majority"),
            QuorumSpec::Nobody => io.bare("nobody"),
            QuorumSpec::Followers(count) => io.content("followers", count),
        }
    }

    fn absent(&self) -> bool {
        *self == QuorumSpec::Majority
    }
}

impl Blank for SyncSpec {
    fn blank() -> SyncSpec {
        SyncSpec {
            followers: Vec::new(),
            k: 1,
            selection: SelectionSpec::blank(),
            level: LevelSpec::blank(),
            on_loss: OnLossSpec::Block,
        }
    }
}

impl Form for SyncSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("followers", &mut self.followers);
            io.or("k", &mut self.k, 1);
            io.may("selection", &mut self.selection);
            io.may("level", &mut self.level);
            io.may("on_loss", &mut self.on_loss);
        });
    }
}

impl Blank for OnLossSpec {
    fn blank() -> OnLossSpec {
        OnLossSpec::Block
    }
}

impl Form for OnLossSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "block" => *self = OnLossSpec::Block,
                "fall-back-to-async" => *self = OnLossSpec::FallBackToAsync(SimDuration::ZERO),
                "promote-next" => *self = OnLossSpec::PromoteNext(SimDuration::ZERO),
                _ => return io.unknown(name, &["block", "fall-back-to-async", "promote-next"]),
            }
        }
        match self {
            OnLossSpec::Block => io.bare("block"),
            OnLossSpec::FallBackToAsync(after) => io.content("fall-back-to-async", after),
            OnLossSpec::PromoteNext(after) => io.content("promote-next", after),
        }
    }

    fn absent(&self) -> bool {
        *self == OnLossSpec::Block
    }
}

impl Blank for ClientSpec {
    fn blank() -> ClientSpec {
        ClientSpec { name: String::new(), concurrent: false }
    }
}

impl Form for ClientSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("name", &mut self.name);
            io.may("concurrent", &mut self.concurrent);
        });
    }
}

impl Blank for LinkSpec {
    fn blank() -> LinkSpec {
        LinkSpec { from: String::new(), to: String::new(), latency: None, loss: None, duplication: None, reorder: None }
    }
}

impl Form for LinkSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("from", &mut self.from);
            io.must("to", &mut self.to);
            io.may("latency", &mut self.latency);
            io.may("loss", &mut self.loss);
            io.may("duplication", &mut self.duplication);
            io.may("reorder", &mut self.reorder);
        });
    }
}

impl Blank for Latency {
    fn blank() -> Latency {
        Latency::Constant(SimDuration::ZERO)
    }
}

impl Form for Latency {
    fn form(&mut self, io: &mut Io<'_>) {
        const ZERO: SimDuration = SimDuration::ZERO;
        if let Some(name) = io.tag() {
            match name {
                "constant" => *self = Latency::blank(),
                "uniform" => *self = Latency::Uniform { min: ZERO, max: ZERO },
                "exponential" => *self = Latency::Exponential { min: ZERO, mean: ZERO },
                "quantiles" => *self = Latency::Quantiles(Vec::new()),
                _ => return io.unknown(name, &["constant", "uniform", "exponential", "quantiles"]),
            }
        }
        match self {
            Latency::Constant(latency) => io.content("constant", latency),
            Latency::Uniform { min, max } => io.content("uniform", &mut Fields(vec![("min", min), ("max", max)])),
            Latency::Exponential { min, mean } => io.content("exponential", &mut Fields(vec![("min", min), ("mean", mean)])),
            Latency::Quantiles(rows) => io.content("quantiles", rows),
        }
    }
}

impl Blank for Quantile {
    fn blank() -> Quantile {
        Quantile { share: Ratio(0), latency: SimDuration::ZERO }
    }
}

impl Form for Quantile {
    fn form(&mut self, io: &mut Io<'_>) {
        Fields(vec![("share", &mut self.share), ("latency", &mut self.latency)]).form(io);
    }
}

impl Blank for ReadSpec {
    fn blank() -> ReadSpec {
        ReadSpec::default()
    }
}

impl Form for ReadSpec {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.kept("mode", &mut self.mode);
            io.may("on_miss", &mut self.on_miss);
            io.or("attempt_timeout", &mut self.attempt_timeout, attempt_timeout_default());
            io.may("token", &mut self.token);
        });
    }
}

impl Blank for OnMiss {
    fn blank() -> OnMiss {
        OnMiss::Leader
    }
}

impl Form for OnMiss {
    fn form(&mut self, io: &mut Io<'_>) {
        if let Some(name) = io.tag() {
            match name {
                "leader" => *self = OnMiss::Leader,
                "wait-then-leader" => *self = OnMiss::WaitThenLeader(SimDuration::ZERO),
                "wait-then-fail" => *self = OnMiss::WaitThenFail(SimDuration::ZERO),
                _ => return io.unknown(name, &["leader", "wait-then-leader", "wait-then-fail"]),
            }
        }
        match self {
            OnMiss::Leader => io.bare("leader"),
            OnMiss::WaitThenLeader(wait) => io.content("wait-then-leader", wait),
            OnMiss::WaitThenFail(wait) => io.content("wait-then-fail", wait),
        }
    }

    fn absent(&self) -> bool {
        *self == OnMiss::Leader
    }
}

impl Blank for Workload {
    fn blank() -> Workload {
        Workload {
            client: String::new(),
            kind: WorkloadKind::Write,
            per_second: 0,
            keys: Vec::new(),
            from: SimDuration::ZERO,
            to: None,
            random: false,
        }
    }
}

impl Form for Workload {
    fn form(&mut self, io: &mut Io<'_>) {
        io.object(&mut |io| {
            io.must("client", &mut self.client);
            io.must("kind", &mut self.kind);
            io.must("per_second", &mut self.per_second);
            io.must("keys", &mut self.keys);
            io.may("from", &mut self.from);
            io.may("to", &mut self.to);
            io.may("random", &mut self.random);
        });
    }
}
