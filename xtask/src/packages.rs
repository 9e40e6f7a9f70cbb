//! Packages of the system, for what no registry of ours has: installed with `apt-get` when the caller may do that, as
//! root or by `sudo` without a password. Nothing is downloaded by other ways.

use crate::tools::Toolbox;

/// What to put before `apt-get`.
pub(crate) struct Rights(Vec<&'static str>);

/// None if packages cannot be installed from here.
pub(crate) fn rights(tools: &Toolbox) -> Option<Rights> {
    tools.find("apt-get")?;
    if tools.output("id", &["-u"]).as_deref() == Some("0") {
        return Some(Rights(Vec::new()));
    }
    tools.output("sudo", &["-n", "true"]).map(|_| Rights(vec!["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]))
}

/// Installs packages, without those that are only recommended.
pub(crate) fn install(tools: &Toolbox, rights: &Rights, packages: &[&str]) -> Result<(), String> {
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = rights.0.iter().chain(&["apt-get"]).chain(arguments).copied().collect();
        tools.run(tools.command(words[0], &words[1..]).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}
