//! `check`.
pub(super) const HELP: &str = "";
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    file: Vec<String>,
}
pub(super) fn run(_a: &Arguments, _out: &mut impl std::io::Write) -> Result<u8, super::Failure> {
    Ok(0)
}
