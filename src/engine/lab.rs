//! One lab: its player, what was entered in it, and what the page has of it.

use std::rc::Rc;

use super::command::{Command, Set};
use super::field::Order;
use super::film::{InView, film, panes};
use super::form::Form;
use super::opening::Opening;
use super::protocol::{Ask, Board, Line, Look, Moment, Opened, Reply, Step, Told};
use super::{actions, findings, order, questions, settings, story};
use crate::experiment::{self, Experiment};
use crate::explain::Explainer;
use crate::family::Included;
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::player::{Msg, Player};
use crate::presets::{PRESETS, Preset};
use crate::run::Run;
use crate::scenario::{Scenario, TEXT_MAX, parse};
use crate::scene::{Path, diagram, legend, staleness, window};
use crate::share;
use crate::time::SimTime;
use crate::view::{Stage, entries_of};

/// How many steps are told.
const TOLD: usize = 12;
/// How far back to look for steps that have something to tell.
const LOOK_BACK: usize = 200;

/// See the module.
pub(super) struct Lab {
    player: Player,
    form: Form,
    /// Counts runs: each that the page is told of has its own number.
    number: u32,
    /// The run of that number.
    told: Rc<Run>,
    explainer: Option<Explainer<Rc<Run>>>,
    /// The part of the run whose diagram the page has, and whether for a narrow page.
    drawn: Option<(SimTime, SimTime, bool)>,
    /// The path that is lit in the diagram.
    path: Path,
    /// The run that the last question was about.
    asked: Option<Rc<Run>>,
    embed: bool,
}

impl Lab {
    /// Opens what is asked for. If that is wrong, there is something to show all the same, unless the lab shows something already.
    ///
    /// # Errors
    /// Where to ask instead, if this program leaves out families and cannot read what is asked for: it may be of one of them. If it is of
    /// none, that program keeps what the lab shows. Otherwise what is wrong, if the lab shows something.
    pub(super) fn open(asked: &[String], embed: bool, after: u32, shown: Option<&Lab>) -> Result<(Lab, Vec<Reply>), Reply> {
        let Opening { scenario, at, error } = Opening::of(asked);
        if error.is_some() && !Included::all() {
            // The page knows the run that it shows by the number that it has.
            let shown = shown.map(|lab| Ask::Open { asked: vec![lab.link()], embed, after: after.saturating_sub(1) });
            let asks = shown.into_iter().chain([Ask::Open { asked: asked.to_vec(), embed, after }]);
            return Err(Reply::Elsewhere(asks.collect()));
        }
        let (mut player, wrong) = match Player::new(&scenario) {
            Ok(player) => (player, error),
            Err(wrong) => (first(), Some(wrong.to_string())),
        };
        let wrong = match wrong {
            Some(wrong) if shown.is_some() => return Err(Reply::Failed(wrong)),
            Some(wrong) => Some(format!("{wrong}. The lab shows '{}' instead.", player.scenario().title)),
            None => None,
        };
        if let Some(at) = at {
            // A moment can always be gone to.
            drop(player.update(Msg::Seek(at)));
        }
        let run = player.run().clone();
        let form = Form::new(&run);
        let mut lab = Lab {
            player,
            form,
            number: after + 1,
            told: run,
            explainer: None,
            drawn: None,
            path: Path::default(),
            asked: None,
            embed,
        };
        let mut replies = vec![lab.opened(), lab.board()];
        replies.extend(wrong.map(Reply::Failed));
        Ok((lab, replies))
    }

    /// Answers what is asked.
    pub(super) fn answer(&mut self, ask: Ask) -> Vec<Reply> {
        match ask {
            Ask::Open { .. } | Ask::Close => Vec::new(),
            Ask::Do(order, value, now) => {
                drop(self.player.update(Msg::Seek(SimTime(now))));
                self.carry_out(&order, value)
            }
            Ask::Take(name, text) => self.take(&name, &text),
            Ask::Step(step, now) => {
                drop(self.player.update(Msg::Seek(SimTime(now))));
                vec![Reply::StopAt(self.step(step).0)]
            }
            Ask::Look(look) => vec![self.look(&look)],
            Ask::Tell(now, finding) => vec![self.tell(SimTime(now), finding)],
            Ask::Staleness => vec![Reply::Staleness(Box::new(staleness(self.player.run())))],
            Ask::Link(now) => vec![Reply::Link(share::fragment(self.player.scenario(), SimTime(now)))],
            Ask::Save => vec![Reply::Save("scenario.json".to_owned(), self.player.scenario().to_json())],
        }
    }

    fn step(&self, step: Step) -> SimTime {
        let to = match step {
            Step::Forward => self.player.next_moment(),
            Step::Back => Some(self.player.previous_moment()),
            Step::NextFinding => self.player.next_finding(),
            Step::PreviousFinding => self.player.previous_finding(),
        };
        to.unwrap_or(self.player.now())
    }

    fn carry_out(&mut self, order: &Order, value: String) -> Vec<Reply> {
        match order.command() {
            Some(Command::Act(event, label)) => self.update(Msg::Act(event, label)),
            Some(Command::Operate(client, operation)) => {
                match actions::operation(self.player.run(), &client, operation, &self.form) {
                    Ok((event, label)) => self.update(Msg::Act(event, label)),
                    Err(wrong) => vec![self.board(), Reply::Failed(wrong)],
                }
            }
            Some(Command::Set(set)) => self.set(&set, &value),
            Some(Command::Enter(entry)) => {
                self.form.enter(entry, value);
                vec![self.board()]
            }
            Some(Command::Branch) => self.update(Msg::Branch(value.parse().unwrap_or(0))),
            Some(Command::Undo) => self.update(Msg::Undo),
            Some(Command::Preset) => match Preset::named(&value) {
                Some(preset) => match preset.included() {
                    Some(scenario) => self.show(&scenario),
                    None => {
                        let asked = vec![format!("#preset={}", preset.id)];
                        vec![Reply::Elsewhere(vec![Ask::Open { asked, embed: self.embed, after: self.number }])]
                    }
                },
                None => vec![self.board()],
            },
            Some(Command::Ask(experiment, argument)) => self.ask(experiment, &argument),
            Some(Command::AskEntered(experiment)) => {
                self.ask(experiment, &questions::argument(experiment, self.player.run(), &self.form))
            }
            Some(Command::Fork(label, at)) => self.fork(&value, label, SimTime(at)),
            None => vec![Reply::Failed("the page is older than the program it talks to: load it again".to_owned())],
        }
    }

    fn set(&mut self, set: &Set, value: &str) -> Vec<Reply> {
        let mut scenario = self.player.scenario().clone();
        match settings::set(set, value, &mut scenario) {
            Ok(()) => self.update(Msg::Change(Box::new(scenario))),
            // The control shows what is set, not what was refused.
            Err(wrong) => vec![self.board(), Reply::Failed(wrong)],
        }
    }

    fn update(&mut self, msg: Msg) -> Vec<Reply> {
        match self.player.update(msg) {
            Ok(watch) => self.changed().into_iter().chain(watch.then_some(Reply::Play)).collect(),
            Err(error) => vec![self.board(), Reply::Failed(error.to_string())],
        }
    }

    /// Shows another scenario, with nothing to take back.
    fn show(&mut self, scenario: &Scenario) -> Vec<Reply> {
        match Player::new(scenario) {
            Ok(player) => {
                self.player = player;
                self.form = Form::new(self.player.run());
                [self.opened()].into_iter().chain(self.changed()).collect()
            }
            Err(error) => vec![Reply::Failed(error.to_string())],
        }
    }

    /// A scenario from an answer becomes a branch.
    fn fork(&mut self, scenario: &str, label: String, at: SimTime) -> Vec<Reply> {
        let scenario = match parse(scenario) {
            Ok(scenario) => scenario,
            Err(error) => return vec![Reply::Failed(error.to_string())],
        };
        let before = self.player.run().clone();
        let mut replies = self.update(Msg::Fork(Box::new(scenario), label));
        if Rc::ptr_eq(&before, self.player.run()) {
            return replies;
        }
        self.form = Form::new(self.player.run());
        replies.push(self.board());
        replies.push(Reply::StopAt(at.min(self.player.run().until()).0));
        replies
    }

    fn ask(&mut self, experiment: Experiment, argument: &str) -> Vec<Reply> {
        self.asked = Some(self.player.run().clone());
        let question = experiment::request(experiment, argument, self.player.scenario());
        vec![self.board(), Reply::Question(question, true)]
    }

    /// What a text means: a scenario is opened; anything else is taken for a recorded history, and judged.
    fn take(&mut self, name: &str, text: &str) -> Vec<Reply> {
        let parsed = if text.len() <= TEXT_MAX { parse(text).map_err(|error| error.to_string()) } else { Err(String::new()) };
        match parsed {
            Ok(scenario) => self.show(&scenario),
            // What is shown goes along: it stays if that can be read by no program.
            Err(_) if begins_with_version(text) && !Included::all() => {
                let shown = Ask::Open { asked: vec![self.link()], embed: self.embed, after: self.number };
                vec![Reply::Elsewhere(vec![shown, Ask::Take(name.to_owned(), text.to_owned())])]
            }
            // A scenario begins with its version, and a record of this lab with its format.
            Err(error) if begins_with_version(text) => vec![Reply::Failed(format!("{name}, {error}"))],
            Err(_) => vec![Reply::Question(experiment::request_check(name, text), false)],
        }
    }

    /// What the lab shows, as a link.
    fn link(&self) -> String {
        format!("#{}", share::fragment(self.player.scenario(), self.player.now()))
    }

    fn opened(&self) -> Reply {
        let clock = self.player.clock();
        Reply::Opened(Opened { at: clock.now.0, speed: clock.speed, halts: clock.halts })
    }

    /// The board, and what there is to say of it if the run has changed.
    fn changed(&mut self) -> Vec<Reply> {
        let news = (!Rc::ptr_eq(&self.told, self.player.run())).then(|| Reply::Said(findings::news(self.player.run())));
        [self.board()].into_iter().chain(news).collect()
    }

    fn board(&mut self) -> Reply {
        let run = self.player.run().clone();
        if !Rc::ptr_eq(&self.told, &run) {
            self.number += 1;
            (self.told, self.explainer, self.drawn) = (run.clone(), None, None);
        }
        let (order, path) = order::fields(&run, &self.form);
        if self.path != path {
            (self.path, self.drawn) = (path, None);
        }
        let until = run.until().0.max(1);
        let mut done: Vec<u16> =
            run.plan.script.iter().map(|(at, ..)| u16::try_from(at.0.min(until) * 1_000 / until).unwrap_or(1_000)).collect();
        done.dedup();
        let (branches, current) = self.player.branches();
        let asked = self.asked.as_ref().unwrap_or(&run);
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Reply::Board(Box::new(Board {
            run: self.number,
            title: run.plan.scenario.title.clone(),
            presets: story::presets(&run),
            open: Order::of(&Command::Preset),
            branch: Order::of(&Command::Branch),
            undo: Order::of(&Command::Undo),
            adjust: Order::of(&Command::Set(Set::AsLinked)),
            until: run.until().0,
            stopped: run
                .stopped_early()
                .map_or(String::new(), |at| format!("The run stops at {}: {}.", at.words(), run.trace.what_is_full())),
            done,
            findings: findings::findings(&run),
            branches: (branches.iter().map(|branch| branch.label.clone()).collect(), small(current)),
            settings: settings::fields(&run, &self.form),
            questions: questions::fields(&run, &self.form),
            order,
            export: Order::of(&Command::Ask(Experiment::Files, String::new())),
            legend: legend(run.plan.family),
            panes: panes(run.plan.family).iter().map(|name| (*name).to_owned()).collect(),
            old_answer: !Rc::ptr_eq(&run, asked) && run.plan.scenario != asked.plan.scenario,
            alike: run.plan.nodes == asked.plan.nodes && run.trace.ops.len() == asked.trace.ops.len(),
        }))
    }

    fn look(&mut self, look: &Look) -> Reply {
        let now = SimTime(look.now);
        if look.run == self.number {
            drop(self.player.update(Msg::Seek(SimTime(look.clock))));
        }
        let run = self.player.run().clone();
        // What is explained is in view, as long as the clock stands at it.
        let chosen = look.finding.and_then(|number| usize::try_from(number).ok());
        let shown = chosen.or_else(|| findings::latest(&run, run.findings_at(now).len())).and_then(|n| run.findings.get(n));
        let entries = shown.filter(|finding| finding.at == now).map_or(Vec::new(), |finding| entries_of(&run, &finding.ops()));
        let explained = shown.filter(|finding| chosen.is_some() || finding.at == now).map(|finding| finding.op());
        let key = self.looked_at(&run, explained);
        let mut state = self.player.state().clone();
        let (mut film, stage) = film(&run, &mut state, look, &InView { entries, key });
        film.moment = self.moment(now, &stage, look.chosen);
        let narrow = look.width < 620.0;
        let (from, to) = window(&run, now, look.zoom);
        if self.drawn.replace((from, to, narrow)) != Some((from, to, narrow)) {
            film.diagram = Some(diagram(&run, (from, to), narrow, &self.path));
        }
        Reply::Film(Box::new(film))
    }

    /// The key whose versions are shown: that of what is explained, or of the operation that was chosen last.
    fn looked_at(&self, run: &Run, explained: Option<OpId>) -> Option<KeyId> {
        let chosen = || order::chosen(run, &self.form.second).or_else(|| order::chosen(run, &self.form.first));
        let op = explained.or_else(chosen)?;
        let key = run.trace.ops.get(op.index())?.key;
        // A new row has the key that its leader gave it.
        Some(run.rows_of(op).next().unwrap_or(key))
    }

    fn moment(&self, now: SimTime, stage: &Stage, chosen: Option<u16>) -> Moment {
        let run = self.player.run();
        Moment {
            at: now.0,
            story: story::story(&self.player, stage, now),
            actions: actions::fields(run, stage, &self.form, now),
            chosen: chosen
                .filter(|node| usize::from(*node) < run.plan.nodes.len())
                .map(|node| actions::of_node(run, stage, &self.form, now, NodeId(node))),
        }
    }

    fn tell(&mut self, now: SimTime, finding: Option<u32>) -> Reply {
        let run = self.player.run().clone();
        let explainer = self.explainer.get_or_insert_with(|| Explainer::new(run.clone()));
        let done = run.trace.steps_until(now);
        let steps = (done.saturating_sub(LOOK_BACK)..done).rev();
        let told = steps.filter_map(|step| Some((step, explainer.tell_step(step).filter(|told| !told.quiet)?)));
        let line = |(step, told): (usize, crate::explain::Told)| Line {
            step: u32::try_from(step).unwrap_or(u32::MAX),
            at: told.at.0,
            when: told.at.words(),
            text: told.sentence(&run.plan),
        };
        let steps = told.take(TOLD).map(line).collect();
        let why = finding.and_then(|number| findings::why(explainer, number));
        Reply::Told(Told { run: self.number, at: now.0, steps, why })
    }
}

fn begins_with_version(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|inside| inside.trim_start().starts_with("\"version\""))
}

/// The player of the first preset.
///
/// # Panics
/// If it cannot be run, which a test excludes.
pub(super) fn first() -> Player {
    match Player::new(&PRESETS[0].scenario()) {
        Ok(player) => player,
        Err(error) => panic!("the first preset cannot be run: {error}"),
    }
}
