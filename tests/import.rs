//! x
use replicated_telemetry_store::import::{Options, import_bytes};
#[test]
fn external() {
    let mut stack = vec![std::path::PathBuf::from("/work/shared/histories")];
    while let Some(d) = stack.pop() {
        for e in std::fs::read_dir(d).unwrap().flatten() {
            let p = e.path();
            if p.is_dir() {
                stack.push(p);
                continue;
            }
            if p.ends_with("manifest.csv") {
                continue;
            }
            match import_bytes(&std::fs::read(&p).unwrap(), &Options::default()) {
                Ok(i) => println!(
                    "{} {} {} ops {} keys {} values {} sessions {} {:?}",
                    p.display(),
                    i.format.name(),
                    i.observed.model.name(),
                    i.observed.operations.len(),
                    i.observed.keys.len(),
                    i.observed.values.len(),
                    i.observed.sessions.len(),
                    i.observed.notes
                ),
                Err(e) => println!("{} ERR {e}", p.display()),
            }
        }
    }
}
