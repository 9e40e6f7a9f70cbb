//! Narration: what a run means in sentences, as text that travels between the page and the narrator that works beside it.
//!
//! Sentences need the whole record of a run, and sometimes further runs with other settings. So they are made by the worker, which
//! the page fetches with the first finding or step that is to be told of: the first load does without them, and no frame waits for
//! them. Both sides are of the same build. A request is a line (`why` and a finding's number, `tell` and how many steps have
//! happened, `lag` for the staleness of the followers), or `run` and a scenario behind it. An answer repeats the line of its request, and
//! then has a line for each piece.

use std::rc::Rc;

use crate::explain::{Explainer, Explanation, Part};
use crate::family::GroupId;
use crate::log::{KeyId, OpId};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::{Scenario, parse};
use crate::staleness::{Panel, panel};
use crate::time::SimTime;

/// The request for the staleness of the followers.
pub const LAG: &str = "lag 0";
/// How many steps are told.
const TOLD: usize = 12;
/// How far back to look for steps that have something to tell.
const LOOK_BACK: usize = 200;

/// What tells of a run.
#[derive(Debug, Default)]
pub struct Narrator(Option<Explainer<Rc<Run>>>);

/// A step in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub step: usize,
    /// When.
    pub at: SimTime,
    /// The sentence.
    pub text: String,
}

/// What a narrator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Why a finding came about, by its number.
    Why(usize, Explanation),
    /// The newest steps that have something to tell, of so many that have happened; the newest first.
    Told(usize, Vec<Line>),
    /// How stale the followers are over the run.
    Lag(Panel),
}

/// The request to tell of a scenario's run from now on. It has no answer.
#[must_use]
pub fn about(scenario: &Scenario) -> String {
    "run\n".to_owned() + &scenario.to_json()
}

/// The request to explain a finding.
#[must_use]
pub fn why(finding: usize) -> String {
    "why ".to_owned() + &finding.to_string()
}

/// The request for the newest of the steps that have happened.
#[must_use]
pub fn tell(steps: usize) -> String {
    "tell ".to_owned() + &steps.to_string()
}

impl Narrator {
    /// Whether a text is a request for a narrator.
    #[must_use]
    pub fn is_meant(request: &str) -> bool {
        ["run\n", "why ", "tell ", LAG].iter().any(|word| request.starts_with(word))
    }

    /// Answers a request; a new run with nothing.
    #[must_use]
    pub fn answer(&mut self, request: &str) -> String {
        if let Some(json) = request.strip_prefix("run\n") {
            let run = parse(json).and_then(|scenario| Run::of(&scenario));
            self.0 = run.ok().map(|run| Explainer::new(Rc::new(run)));
            return String::new();
        }
        let mut lines = vec![request.trim().to_owned()];
        let Some(explainer) = &self.0 else { return lines.swap_remove(0) };
        let number = |text: &str| text.trim().parse::<usize>().unwrap_or(0);
        if let Some(index) = request.strip_prefix("why ") {
            let explained = explainer.run().findings.get(number(index)).map(|finding| explainer.explain(finding));
            lines.extend(explained.unwrap_or_default().parts.iter().map(encode));
        } else if request == LAG {
            lines.extend(encode_panel(&panel(explainer.run())));
        } else if let Some(done) = request.strip_prefix("tell ") {
            let done = number(done);
            let steps = (done.saturating_sub(LOOK_BACK)..done).rev();
            let told = steps.filter_map(|step| Some((step, explainer.tell_step(step).filter(|told| !told.quiet)?)));
            let plan = &explainer.run().plan;
            lines.extend(told.take(TOLD).map(|(step, told)| flat(&format!("{step} {} ", told.at.0), &told.sentence(plan))));
        }
        lines.join("\n")
    }
}

/// A panel as lines: none of its texts holds an end of a line, the summary because it names nobody, the rest because they are HTML.
fn encode_panel(panel: &Panel) -> Vec<String> {
    let head = format!("{} {}", panel.height, panel.until.0);
    let head = panel.nodes.iter().fold(head, |line, node| format!("{line} {}", node.0));
    let mut lines = vec![head, panel.summary.clone()];
    lines.extend(panel.drawn.iter().cloned());
    lines.push(panel.sentences.clone());
    lines
}

fn decode_panel<'a>(mut lines: impl Iterator<Item = &'a str>) -> Panel {
    let mut numbers = lines.next().unwrap_or_default().split(' ').map(|number| number.parse::<u64>().unwrap_or(0));
    let mut number = || numbers.next().unwrap_or(0);
    let (height, until) = (number(), SimTime(number()));
    let nodes = numbers.map(|node| NodeId(u16::try_from(node).unwrap_or(u16::MAX))).collect();
    let mut text = || lines.next().unwrap_or_default().to_owned();
    Panel { height, until, nodes, summary: text(), drawn: [text(), text()], sentences: text() }
}

/// A line: what would end it becomes a space.
fn flat(head: &str, text: &str) -> String {
    head.to_owned() + &text.replace(['\n', '\r'], " ")
}

/// The pieces of an explanation as texts, each of which fits into a line.
#[must_use]
pub fn pieces(explanation: &Explanation) -> Vec<String> {
    explanation.parts.iter().map(encode).collect()
}

/// Reads the pieces of an explanation.
#[must_use]
pub fn read_pieces(pieces: &[String]) -> Explanation {
    Explanation { parts: pieces.iter().map(|piece| decode(piece)).collect() }
}

fn encode(part: &Part) -> String {
    let head = match part {
        Part::Text(_) => "T ".to_owned(),
        Part::Node(node, _) => format!("N{} ", node.0),
        Part::Op(op, _) => format!("O{} ", op.0),
        Part::Time(at, _) => format!("A{} ", at.0),
        Part::Key(key, _) => format!("K{} ", key.0),
        Part::Entry(group, at, _) => format!("E{},{},{} ", group.0, at.epoch.0, at.lsn.0),
        Part::Link(src, dst, _) => format!("L{},{} ", src.0, dst.0),
    };
    flat(&head, part.text())
}

/// Reads a part; what does not fit is text.
fn decode(line: &str) -> Part {
    let (head, text) = line.split_once(' ').unwrap_or((line, ""));
    let text = text.to_owned();
    let mut letters = head.chars();
    let kind = letters.next();
    let mut numbers = letters.as_str().split(',').map(|number| number.parse::<u64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let small = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    let wide = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    match kind {
        Some('N') => Part::Node(NodeId(small(next())), text),
        Some('O') => Part::Op(OpId(wide(next())), text),
        Some('A') => Part::Time(SimTime(next()), text),
        Some('K') => Part::Key(KeyId(wide(next())), text),
        Some('E') => {
            let (group, epoch, lsn) = (GroupId(small(next())), Epoch(wide(next())), Lsn(next()));
            Part::Entry(group, Position { epoch, lsn }, text)
        }
        Some('L') => {
            let src = NodeId(small(next()));
            Part::Link(src, NodeId(small(next())), text)
        }
        _ => Part::Text(text),
    }
}

impl Answer {
    /// Reads an answer; `None` for one that says nothing.
    #[must_use]
    pub fn read(text: &str) -> Option<Answer> {
        let mut lines = text.lines();
        let (what, number) = lines.next()?.split_once(' ')?;
        let number = number.parse().ok()?;
        if what == "why" {
            return Some(Answer::Why(number, Explanation { parts: lines.map(decode).collect() }));
        }
        if what == "lag" {
            return Some(Answer::Lag(decode_panel(lines)));
        }
        let line = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let (step, at) = (words.next()?.parse().ok()?, SimTime(words.next()?.parse().ok()?));
            Some(Line { step, at, text: words.next()?.to_owned() })
        };
        Some(Answer::Told(number, lines.filter_map(line).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{PRESETS, Preset};

    #[test]
    fn every_explanation_survives_the_way_to_the_page() {
        for preset in PRESETS.iter().filter(|preset| preset.id != "telemetry-pipeline") {
            let scenario = preset.scenario();
            let explainer = Explainer::new(Rc::new(Run::of(&scenario).expect("presets can be run")));
            let mut narrator = Narrator::default();
            assert_eq!(narrator.answer(&about(&scenario)), "");
            for (index, finding) in explainer.run().findings.iter().enumerate().take(5) {
                let heard = Answer::read(&narrator.answer(&why(index)));
                assert_eq!(heard, Some(Answer::Why(index, explainer.explain(finding))), "preset '{}'", preset.id);
            }
        }
    }

    #[test]
    fn the_newest_steps_come_first_and_quiet_ones_not_at_all() {
        let mut narrator = Narrator::default();
        assert_eq!(narrator.answer(&tell(5)), "tell 5", "nothing is told before there is a run");
        drop(narrator.answer(&about(&Preset::named("read-after-write").expect("a preset").scenario())));
        let Some(Answer::Told(9, lines)) = Answer::read(&narrator.answer(&tell(9))) else { panic!("no steps") };
        assert!(lines.len() > 2 && lines.windows(2).all(|pair| pair[0].step > pair[1].step), "{lines:?}");
        assert!(lines.iter().any(|line| line.text.starts_with("Svalbard sent its write")), "{lines:?}");
        let far = Answer::read(&narrator.answer(&tell(1_000_000)));
        assert!(matches!(far, Some(Answer::Told(1_000_000, lines)) if lines.is_empty()));
    }

    #[test]
    fn the_staleness_survives_the_way_to_the_page() {
        let scenario = Preset::named("bounded-staleness").expect("a preset").scenario();
        let mut narrator = Narrator::default();
        drop(narrator.answer(&about(&scenario)));
        let Some(Answer::Lag(heard)) = Answer::read(&narrator.answer(LAG)) else { panic!("no staleness") };
        assert_eq!(heard, panel(&Run::of(&scenario).expect("it can be run")));
        assert!(heard.nodes.len() == 2 && heard.sentences.contains("left singapore out"), "{heard:?}");
    }

    #[test]
    fn a_text_cannot_break_out_of_its_line() {
        assert_eq!(decode(&encode(&Part::Text("a\nN3 b".into()))), Part::Text("a N3 b".into()));
        let entry = Part::Entry(GroupId(1), Position { epoch: Epoch(2), lsn: Lsn(7) }, "LSN 7 of epoch 2".into());
        assert_eq!(decode(&encode(&entry)), entry);
        assert!(Narrator::is_meant(&why(3)) && !Narrator::is_meant("matrix\n5\n{}"));
    }
}
