//! `export`: a run in a form for other programs.

use std::io::Write;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::input::{self, InputError, Source};
use super::{Failure, read_modes, unless_closed};
use crate::explain::Explainer;
use crate::export::{Form, export};
use crate::router::ReadMode;
use crate::run::Run;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A preset, else a scenario file, or - for standard input
    scenario: String,
    /// JSON lines with the whole scenario, Jepsen's EDN, a table of the findings, or a drawing of the space-time diagram
    #[arg(long = "as", value_name = "FORM", value_parser = forms())]
    form: Form,
    /// How clients read, for all reads that do not say so themselves
    #[arg(long, value_name = "MODE", value_parser = read_modes())]
    read_mode: Option<ReadMode>,
    /// The seed of all random choices
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn forms() -> impl TypedValueParser<Value = Form> {
    let names = PossibleValuesParser::new(Form::ALL.map(Form::name));
    names.try_map(|name| Form::named(&name).ok_or("no such form"))
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<u8, Failure> {
    let Source { name, mut scenario, .. } = input::read(&arguments.scenario)?;
    scenario.read.mode = arguments.read_mode.unwrap_or(scenario.read.mode);
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    let run = Run::of(&scenario).map_err(|error| InputError::Scenario { name: name.clone(), error })?;
    let text = export(&Explainer::new(&run), arguments.form).map_err(|why| Failure::Record(format!("{name}: {why}")))?;
    unless_closed(out.write_all(text.as_bytes()))?;
    Ok(0)
}
