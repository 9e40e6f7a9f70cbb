//! The narrator at work: asks for the sentences that the page shows next, and keeps those that came.
//!
//! It is the worker of [`crate::worker`], fetched with the first finding or step that is to be told of, one for each lab, and ended
//! with it. One question is under way at a time; what has become of no interest meanwhile is never asked. A program that has
//! everything built in, as browser tests are, tells by itself.

use std::rc::Rc;

use yew::Callback;

use super::part::word;
use crate::explain::{Explanation, Part};
use crate::narration::{Answer, LAG, Line, about, tell, why};
use crate::run::Run;
use crate::staleness::Panel;

/// The sentences that the page has.
#[derive(Clone, Default)]
pub(super) struct Texts {
    /// Which finding is explained, and how.
    pub(super) why: Option<(usize, Explanation)>,
    /// The newest steps, and of how many.
    pub(super) told: (usize, Vec<Line>),
    /// The staleness of the followers; until there is a new one that of the run before, whether it is or not.
    pub(super) lag: (Rc<Panel>, bool),
}

/// What the page shows next: the run, which finding it explains, and after how many steps it is.
struct Want {
    run: Rc<Run>,
    finding: Option<usize>,
    steps: usize,
}

/// Who is asked, what, and what was answered.
#[derive(Default)]
pub(super) struct Narrator {
    hand: Option<Hand>,
    want: Option<Want>,
    /// The run that the hand tells of.
    run: Option<Rc<Run>>,
    /// Whether a question is under way.
    busy: bool,
    pub(super) texts: Rc<Texts>,
}

impl Narrator {
    /// Says what the page shows next.
    pub(super) fn want(&mut self, run: &Rc<Run>, finding: Option<usize>, steps: usize, heard: Callback<String>) {
        if self.want.as_ref().is_none_or(|want| !Rc::ptr_eq(&want.run, run)) {
            let lag = (self.texts.lag.0.clone(), false);
            self.texts = Rc::new(Texts { lag, ..Texts::default() });
        }
        self.want = Some(Want { run: run.clone(), finding, steps });
        if self.hand.is_none() && (finding.is_some() || steps > 0) {
            self.hand = Hand::start(heard);
        }
        self.ask();
    }

    /// Asks for what is wanted and not there, unless an answer is still to come.
    fn ask(&mut self) {
        let (Some(want), Some(hand), false) = (&self.want, &mut self.hand, self.busy) else { return };
        if self.run.as_ref().is_none_or(|told| !Rc::ptr_eq(told, &want.run)) {
            self.run = Some(want.run.clone());
            hand.send(&about(&want.run.plan.scenario));
        }
        let missing = want.finding.filter(|finding| self.texts.why.as_ref().is_none_or(|(told, _)| told != finding));
        let request = match missing {
            Some(finding) => why(finding),
            None if self.texts.told.0 != want.steps => tell(want.steps),
            None if !self.texts.lag.1 => LAG.to_owned(),
            None => return,
        };
        self.busy = true;
        if let Some(said) = hand.send(&request) {
            self.hear(&said);
        }
    }

    /// Takes what was answered.
    pub(super) fn hear(&mut self, said: &str) {
        let (Some(want), Some(hand)) = (&self.want, &mut self.hand) else { return };
        if said == "?" {
            return hand.listens();
        }
        if let Some(wrong) = said.strip_prefix('!') {
            let told = Explanation { parts: vec![Part::Text(format!("Why cannot be told: {wrong}."))] };
            let lag = self.texts.lag.clone();
            self.texts = Rc::new(Texts { why: want.finding.map(|finding| (finding, told)), told: (want.steps, Vec::new()), lag });
            return;
        }
        self.busy = false;
        if self.run.as_ref().is_some_and(|told| Rc::ptr_eq(told, &want.run)) {
            let texts = Rc::make_mut(&mut self.texts);
            match Answer::read(said) {
                Some(Answer::Why(finding, told)) => texts.why = Some((finding, told)),
                Some(Answer::Told(steps, lines)) => texts.told = (steps, lines),
                Some(Answer::Lag(panel)) => texts.lag = (Rc::new(panel), true),
                None => {}
            }
        }
        self.ask();
    }

    /// The word that stands for the sentences.
    pub(super) fn word(&self) -> u64 {
        word(&self.texts)
    }
}

#[cfg(feature = "presets")]
mod hand {
    /// The narrator within the program.
    #[derive(Default)]
    pub(super) struct Hand(crate::narration::Narrator);

    impl Hand {
        pub(super) fn start(_: yew::Callback<String>) -> Option<Hand> {
            Some(Hand::default())
        }

        pub(super) fn send(&mut self, request: &str) -> Option<String> {
            Some(self.0.answer(request)).filter(|said| !said.is_empty())
        }

        pub(super) fn listens(&mut self) {}
    }
}

#[cfg(not(feature = "presets"))]
mod hand {
    use crate::app::experiments::{Crew, crew};

    /// The narrator in the worker, and what has to wait until it listens.
    pub(super) struct Hand {
        worker: Crew,
        waiting: Option<Vec<String>>,
    }

    impl Hand {
        pub(super) fn start(heard: yew::Callback<String>) -> Option<Hand> {
            crew(heard).map(|worker| Hand { worker, waiting: Some(Vec::new()) })
        }

        pub(super) fn send(&mut self, request: &str) -> Option<String> {
            match &mut self.waiting {
                Some(waiting) => waiting.push(request.to_owned()),
                None => self.worker.send(request),
            }
            None
        }

        pub(super) fn listens(&mut self) {
            self.waiting.take().into_iter().flatten().for_each(|request| self.worker.send(&request));
        }
    }
}

use hand::Hand;
