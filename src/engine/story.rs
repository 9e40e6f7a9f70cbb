//! What the scenario is about, what to try, and what helps.

use super::actions::suggest;
use super::command::{Command, Set};
use super::field::{Button, Order, button};
use super::findings::{headline, latest};
use super::protocol::{Menu, Story};
use crate::family::Included;
use crate::player::Player;
use crate::presets::{PRESETS, Preset};
use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::time::SimTime;
use crate::view::Stage;

/// The story as far as it has got. The next step is the primary one: first to see something go wrong, then to mend it, then to try again.
pub(super) fn story(player: &Player, stage: &Stage, now: SimTime) -> Story {
    let run = player.run();
    let found = run.findings_at(now).len();
    let lesson = run.plan.scenario.lesson.clone().unwrap_or_default();
    let try_it = suggest(run, stage, now);
    let last = latest(run, found).and_then(|index| run.findings.get(index));
    let undo = Button { disabled: !player.can_undo(), ..button("Undo", &Command::Undo) };
    let story = Story { telling: lesson.story, hint: lesson.hint, undo, ..Story::default() };
    match (remedy(run, found), last) {
        (Remedy::Offered(cure, words), Some(last)) => {
            let hint = format!("{}: the findings say why. Now try what helps.", headline(run, last));
            Story { hint, first: Some(cure), first_words: words, second: try_it, ..story }
        }
        // What helps is shown once it is seen what it helps against.
        (Remedy::Offered(..), None) if !run.findings.is_empty() => Story { first: try_it, ..story },
        (Remedy::Offered(cure, words), None) => Story { first: try_it, second: Some(cure), second_words: words, ..story },
        (Remedy::Taken(words), _) => {
            let done = player.can_undo() && run.findings.is_empty();
            let again = "Done: nothing is wrong with this run any more. Try again, as often as you like.";
            let hint = if done { again.to_owned() } else { story.hint.clone() };
            Story { hint, first: try_it, second_words: words, fixed: true, ..story }
        }
        (Remedy::None, _) => Story { first: try_it, ..story },
    }
}

/// The menu of presets, and the one that is shown.
pub(super) fn presets(run: &Run) -> Menu {
    let named = |preset: &Preset| (preset.id.to_owned(), preset.title.to_owned());
    let groups = PRESETS.chunk_by(|one, next| one.group == next.group);
    let groups = groups.map(|group| (group[0].group.to_owned(), group.iter().map(named).collect()));
    let shown = PRESETS.iter().find(|preset| preset.title == run.plan.scenario.title);
    Menu { groups: groups.collect(), shown: shown.map(|preset| preset.id.to_owned()) }
}

/// What helps against what is wrong with the run.
enum Remedy {
    /// A button, and what it means.
    Offered(Button, String),
    /// It was chosen: what it does.
    Taken(String),
    None,
}

/// Whether session-consistent reads help against what has been found: no read mode changes what becomes of concurrent writes.
fn helps(run: &Run, found: usize) -> bool {
    let of_reads = |anomaly| matches!(anomaly, Anomaly::ReadYourWrites | Anomaly::MonotonicReads);
    match run.plan.family {
        Included::SingleLeader => true,
        Included::Leaderless(_) => false,
        Included::MultiLeader(_) => run.findings.iter().take(found).any(|finding| of_reads(finding.anomaly())),
    }
}

fn remedy(run: &Run, found: usize) -> Remedy {
    let scenario = &run.plan.scenario;
    let consistent = ReadMode::SessionConsistent;
    match scenario.lesson.as_ref().and_then(|l| l.fix.clone()) {
        Some(fix) if scenario.with_fix().is_none_or(|fixed| fixed == *scenario) => Remedy::Taken(format!("✓ {}", fix.text)),
        Some(fix) => Remedy::Offered(button("Apply the remedy", &Command::Set(Set::Fix)), fix.text),
        None if found > 0 && scenario.read.mode != consistent && helps(run, found) => Remedy::Offered(
            Button {
                text: "Switch to session-consistent reads".to_owned(),
                order: Order::of(&Command::Set(Set::Mode(consistent))),
                ..Button::default()
            },
            "The same run again, with the same delays: only the read mode differs.".to_owned(),
        ),
        None if scenario.read.mode == consistent && run.trace.ops.iter().any(|op| !op.is_write()) => Remedy::Taken(
            "✓ Reads are session-consistent: each carries what its session has seen, and a replica that is behind says so."
                .to_owned(),
        ),
        None => Remedy::None,
    }
}
