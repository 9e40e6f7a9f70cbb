//! Records in all formats, as data: each file in `tests/histories` says what is to be found in the text below its line.
//!
//! Above the line `----` stand a heading and what is expected: `options` (as on the command line), `format`, `model`, `initial`,
//! `operations`, `op N` with an operation, `note` with a part of a note, `verdict GUARANTEE WORD`, or `error` with its beginning.
//! All texts were written for this test.

use std::fs;
use std::path::Path;

use replicated_telemetry_store::import::{
    self, FailedCas, Format, ImportError, Imported, NESTING_MAX, NilRead, Options, Start, import, import_bytes, import_together,
};
use replicated_telemetry_store::judge::{self, Guarantee, judge};
use replicated_telemetry_store::observed::{Model, Observed, Outcome};

/// What a file expects, and the record.
struct Story {
    name: String,
    expected: Vec<(String, String)>,
    text: String,
}

fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let mut stories: Vec<Story> = fs::read_dir(folder)
        .expect("there are histories")
        .map(|file| {
            let path = file.expect("histories can be listed").path();
            let whole = fs::read_to_string(&path).expect("histories can be read");
            let (head, text) = whole.split_once("----\n").expect("a line parts what is expected from the record");
            assert!(head.starts_with("# "), "{} has no heading", path.display());
            let expected = head.lines().skip(1).map(|line| line.split_once(' ').unwrap_or((line, "")));
            let expected = expected.map(|(word, rest)| (word.to_owned(), rest.to_owned())).collect();
            Story { name: path.file_name().expect("a name").to_string_lossy().into_owned(), expected, text: text.to_owned() }
        })
        .collect();
    stories.sort_by(|a, b| a.name.cmp(&b.name));
    stories
}

fn options(story: &Story) -> Options {
    let mut options = Options::default();
    let given = story.expected.iter().filter(|(word, _)| word == "options");
    let words: Vec<&str> = given.flat_map(|(_, rest)| rest.split_whitespace()).collect();
    for pair in words.chunks(2) {
        match pair {
            ["--initial", value] => options.initial = Some(Start::of(value).expect("a first value")),
            ["--format", name] => options.format = Format::named(name),
            ["--model", name] => options.model = Model::ALL.into_iter().find(|model| model.name() == *name),
            ["--nil", "unknown"] => options.nil = Some(NilRead::Unknown),
            ["--failed-cas", "saw-another"] => options.failed_cas = FailedCas::SawAnother,
            other => panic!("{}: the option {other:?} is unknown", story.name),
        }
    }
    options
}

/// An operation as the files write it.
fn shown(history: &Observed, number: usize) -> String {
    let operation = &history.operations[number];
    let session = &history.sessions[operation.session as usize];
    let mut what = import::tell(history, operation);
    if let [step] = history.steps_of(operation) {
        what.push_str(&step.version.map_or(String::new(), |version| format!("@{version}")));
    }
    format!("{session}: {what} {} lines {}-{}", import::ended(operation.outcome), operation.lines.0, operation.lines.1)
}

fn verdict(imported: &Imported, options: &Options, name: &str) -> &'static str {
    let guarantee = Guarantee::from_name(name).expect("a guarantee");
    let asked = judge::Options {
        guarantees: vec![guarantee],
        failed_cas_saw_another_value: options.failed_cas == FailedCas::SawAnother,
        global_versions: imported.global_versions,
        ..judge::Options::default()
    };
    judge(&imported.observed, &asked).verdict(guarantee).expect("it was asked for").name()
}

/// What is expected and not so.
fn differences(story: &Story) -> Vec<String> {
    let options = options(story);
    let read = import(&story.text, &options);
    let mut wrong = Vec::new();
    for (word, rest) in &story.expected {
        let found = match (&read, word.as_str()) {
            (_, "options") => continue,
            (Err(error), "error") if error.to_string().starts_with(rest) => continue,
            (Err(error), _) => format!("the error '{error}'"),
            (Ok(imported), word) => {
                let history = &imported.observed;
                match word {
                    "format" => imported.format.name().to_owned(),
                    "model" => history.model_name().to_owned(),
                    "initial" => import::initial_name(history).to_owned(),
                    "operations" => history.operations.len().to_string(),
                    "note" if history.notes.iter().any(|note| note.contains(rest.as_str())) => continue,
                    "note" => format!("{:?}", history.notes),
                    "op" => {
                        let number: usize = rest.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
                        if number < history.operations.len() {
                            format!("{number} {}", shown(history, number))
                        } else {
                            "no such operation".to_owned()
                        }
                    }
                    "verdict" => {
                        let name = rest.split(' ').next().expect("a guarantee");
                        format!("{name} {}", verdict(imported, &options, name))
                    }
                    _ => "no error".to_owned(),
                }
            }
        };
        if found != *rest {
            wrong.push(format!("{}: {word} {rest}\n    is {found}", story.name));
        }
    }
    wrong
}

#[test]
fn every_record_is_what_its_file_says() {
    let stories = stories();
    assert!(stories.len() > 50, "there are only {}", stories.len());
    let wrong: Vec<String> = stories.iter().flat_map(differences).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// T1: an operation that timed out may have happened. Without it this history would be impossible.
#[test]
fn what_timed_out_is_kept() {
    let story = stories().into_iter().find(|story| story.name == "jepsen-log.txt").expect("it is there");
    let mut imported = import(&story.text, &Options::default()).expect("it can be read");
    assert_eq!(verdict(&imported, &Options::default(), "linearizable"), "holds");
    for operation in &mut imported.observed.operations {
        operation.outcome = if operation.outcome == Outcome::Info { Outcome::Fail } else { operation.outcome };
    }
    assert_eq!(verdict(&imported, &Options::default(), "linearizable"), "violated", "T1: dropped, it is missed");
}

/// T3: the two meanings of a failed compare-and-set differ.
#[test]
fn a_failed_compare_and_set_may_be_said_to_have_seen_another_value() {
    let story = stories().into_iter().find(|story| story.name == "failed-cas.txt").expect("it is there");
    let saw = Options { failed_cas: FailedCas::SawAnother, ..Options::default() };
    let imported = import(&story.text, &saw).expect("it can be read");
    assert_eq!(verdict(&imported, &saw, "linearizable"), "violated");
}

#[test]
fn limits_are_told() {
    let deep = |n: usize| format!("{{:process 0, :type :ok, :f :read, :value {}1{}}}", "[".repeat(n), "]".repeat(n));
    assert!(import(&deep(NESTING_MAX - 1), &Options::default()).is_err_and(|e| e.message.contains("many values")));
    let error = import(&format!("\n{}", deep(NESTING_MAX)), &Options::default()).expect_err("too deep");
    assert_eq!((error.line, error.message.contains("more than 100 deep")), (2, true), "{error}");
    for piece in ["[", "{:a ", "#a ", ";\n#_["] {
        let text = piece.repeat(1 << 18);
        for format in [None, Some(Format::JepsenEdn), Some(Format::JepsenJson)] {
            assert!(import(&text, &Options { format, ..Options::default() }).is_err(), "{piece} {format:?}");
        }
    }
    let error = import_bytes(b"{:process 0}\n{:f \xff}", &Options::default()).expect_err("not UTF-8");
    assert_eq!((error.line, error.column), (2, 5), "{error}");
    let open = "{:process 0, :type :invoke, :f :write, :value 1}\n".repeat(1_002);
    let error = import(&open, &Options::default()).expect_err("too many open");
    assert!(error.message.contains("more than 1000 operations of one process are open"), "{error}");
}

#[test]
fn an_error_says_where() {
    let error = ImportError { line: 3, column: 7, message: "this is no number".to_owned() };
    assert_eq!(error.to_string(), "line 3, column 7: this is no number");
    assert_eq!(ImportError { line: 0, column: 0, message: "all of it".to_owned() }.to_string(), "all of it");
}

/// Every client of etcd's tests leaves a file; together they are one history, and the writer of each version is known.
#[test]
fn files_of_several_clients_are_one_history() {
    let story = |name: &str| stories().into_iter().find(|story| story.name == name).expect("it is there").text;
    let (all, one, watch) = (story("etcd-operations.txt"), story("etcd-one-client.txt"), story("etcd-watch.txt"));
    let together = import_together(&[&one, &watch, &all], &Options::default()).expect("they can be read");
    assert_eq!(together.observed.operations.len(), 7);
    assert!(together.observed.notes.iter().any(|note| note.contains("3 files make one history")));
    assert!(!together.observed.notes.iter().any(|note| note.contains("nobody in the record")), "{:?}", together.observed.notes);
    let written = together.observed.operations.iter().map(|operation| operation.lines.0).min();
    assert_eq!(written, Some(1), "lines are counted through all files");
    assert_eq!(together.observed.operations.iter().map(|operation| operation.lines.0).max(), Some(8));
    let text = story("awdit.txt");
    let error = import_together(&[&text, &text], &Options::default()).expect_err("no common clock");
    assert!(error.message.contains("not as awdit"), "{error}");
}

/// A history of ten thousand operations is read in the time of a glance (a bound that a debug build keeps).
#[test]
fn long_histories_are_read_at_once() {
    let mut text = String::new();
    for n in 0..10_000 {
        text.push_str(&format!("{{:process {0}, :type :invoke, :f :write, :value {n}, :time {n}, :index {1}}}\n", n % 10, 2 * n));
        text.push_str(&format!("{{:process {0}, :type :ok, :f :write, :value {n}, :time {n}, :index {1}}}\n", n % 10, 2 * n + 1));
    }
    let imported = import(&text, &Options::default()).expect("it can be read");
    assert_eq!(imported.observed.operations.len(), 10_000);
}

/// A log may begin with hundreds of lines that describe the test; a map among them is no history.
#[test]
fn a_log_is_found_behind_what_describes_its_test() {
    let mut log = "2026-01-02 INFO [jepsen test runner] jepsen.core: Running test:\n{:concurrency 5\n".to_owned();
    (0..700).for_each(|number| log.push_str(&format!(" :option-{number} {number}\n")));
    log.push_str("}\n2026-01-02 INFO [jepsen worker 0] jepsen.util: 0\t:invoke\t:write\t1\n");
    log.push_str("2026-01-02 INFO [jepsen worker 0] jepsen.util: 0\t:ok\t:write\t1\n");
    let imported = import(&log, &Options::default()).expect("it is a log");
    assert_eq!((imported.format, imported.observed.operations.len()), (Format::JepsenLog, 1));
}

/// First values by key: in words, as a map, with quotes.
#[test]
fn first_values_are_said_by_key() {
    let pairs = |all: &[(&str, &str)]| Ok(Start::ByKey(all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()));
    assert_eq!(Start::of("k3=1657, k2=1590"), pairs(&[("k3", "1657"), ("k2", "1590")]));
    assert_eq!(Start::of("a=1\r\n\r\nb=[1,2]\n"), pairs(&[("a", "1"), ("b", "[1,2]")]));
    assert_eq!(Start::of(r#""a=b"="1,2""#), pairs(&[(r#""a=b""#, r#""1,2""#)]));
    assert_eq!(Start::of("{\"k\": 3}"), pairs(&[("\"k\"", "3")]));
    assert_eq!(Start::of("{\"k\":3,\n\"l\":null}\n"), pairs(&[("\"k\"", "3"), ("\"l\"", "nil")]));
    assert_eq!(Start::of("{:k 3, 4 \"5\", l unknown}"), pairs(&[("\"k\"", "3"), ("\"l\"", "\"unknown\""), ("4", "\"5\"")]));
    for value in [r#""a=b""#, r#""{:a 1}""#, r#""unknown""#, "0", "", "1,2", "[1=2]", "a \"b\" c"] {
        assert_eq!(Start::of(value), Ok(Start::Value(value.to_owned())), "{value}");
    }
    assert_eq!([Start::of("nil"), Start::of("unknown")], [Ok(Start::Absent), Ok(Start::Unknown)]);
}

/// What cannot be a first value gets an error that says where and what.
#[test]
fn first_values_that_are_wrong_have_a_place() {
    for (text, expected) in [
        ("a=1,2", "line 1, column 5: '2' is not KEY=VALUE, as other parts are"),
        ("a=1\nb", "line 2, column 1: 'b' is not KEY=VALUE"),
        ("a=1, b=c=d", "line 1, column 6: 'b=c=d' has more than one =; a key or a value with = in it stands in quotes"),
        ("a==1", "line 1, column 1: 'a==1' has more than one ="),
        ("=1", "line 1, column 1: no key stands before the = of '=1'"),
        ("b=1,a=", "line 1, column 5: no value stands behind the = of 'a='; the empty text is \"\""),
        ("a=unknown", "line 1, column 1: of a key its value is said, or nil, but not unknown"),
        ("a=\"1,b=2", "line 1, column 3: this quote is not closed"),
        ("a=[1,b=2", "line 1, column 3: this bracket is not closed"),
        ("{\"a\": 1,}", "line 1, column 9: "),
        ("{:a 1 :b}", "line 1, column "),
        ("{:a 1", "line 1, column 1: this has no end"),
        ("{:a 1} {:b 2}", "line 1, column 8: something stands behind the map"),
        ("{}", "line 1, column 1: this map has no keys"),
        ("{:a 1, :a 2}", "line 1, column "),
    ] {
        let error = Start::of(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}\nexpected: {expected}");
    }
    let long = Start::of(&format!("a=1,{}", "b".repeat(5_000))).expect_err("it is no pair").to_string();
    assert!(long.len() < 200, "{long}");
    let record = "{:process 0, :type :invoke, :f :read, :value [k1 nil]}\n{:process 0, :type :ok, :f :read, :value [k1 1]}";
    for (said, expected) in [
        ("k1=1,other=1", "a first value is said of the key other, which the record does not have"),
        ("k1=1,\"k1\"=2", "two first values are said of the key k1"),
        ("{\"k2\": 1}", "a first value is said of the key \"k2\", which the record does not have"),
    ] {
        let options = Options { initial: Start::of(said).ok(), ..Options::default() };
        let error = import(record, &options).expect_err("such keys cannot be said");
        assert_eq!(error.to_string(), expected, "{said}");
    }
}

/// A history of registers of which each was read once, and returned this.
fn read_once(registers: &[(&str, &str)]) -> String {
    let line = |number: usize, word: &str, key: &str, value: &str| {
        format!("{{:process {number}, :type :{word}, :f :read, :value [{key} {value}]}}\n")
    };
    let both =
        |(number, (key, value)): (usize, &(&str, &str))| line(number, "invoke", key, "nil") + &line(number, "ok", key, value);
    registers.iter().enumerate().map(both).collect()
}

/// The note that asks for first values.
fn hint(imported: &Imported) -> Option<&str> {
    imported.observed.notes.iter().map(String::as_str).find(|note| note.contains("that has to be said"))
}

/// What the hint asks for can be said as it stands there; then it is gone, and what was read is explained.
#[test]
fn what_the_hint_asks_for_can_be_said() {
    for (registers, expected) in [
        (&[("k3", "1657"), ("k2", "1590")][..], "k3=1657,k2=1590"),
        (&[("k3", "5"), ("k2", "5"), ("k1", "nil")], "5"),
        (&[("k3", "\"5\""), ("\"3\"", "6")], "k3=\"5\",3=6"),
        (&[("\"a=b\"", "1"), ("\"c,d\"", "\"e, f\"")], "\"a=b\"=1,\"c,d\"=\"e, f\""),
        (&[("k", "\"nil\""), ("l", "\"\"")], "k=\"nil\",l=\"\""),
        (&[("k", "unknown")], "\"unknown\""),
        (&[("k", "\"a=b\"")], "\"a=b\""),
        (&[("k", "\"@a\"")], "\"@a\""),
        (&[("k", "\"one \\\" quote=\"")], "\"one \\\" quote=\""),
        (&[("k", "\"\"")], "\"\""),
    ] {
        let record = read_once(registers);
        let imported = import(&record, &Options::default()).expect("it can be read");
        let note = hint(&imported).expect("a hint is due");
        let said = note.split_once("(--initial ").and_then(|(_, said)| said.strip_suffix(')')).expect("it says how");
        assert_eq!(said, expected);
        assert_eq!(verdict(&imported, &Options::default(), "linearizable"), "violated", "{record}");
        let options = Options { initial: Some(Start::of(said).expect("it can be said")), ..Options::default() };
        let imported = import(&record, &options).expect("the keys are there");
        assert_eq!(hint(&imported), None, "{record}");
        assert_eq!(verdict(&imported, &options, "linearizable"), "holds", "{record} {said}");
    }
}

/// Of many keys eight are named; of what was said already, nothing.
#[test]
fn the_hint_is_bounded_and_asks_for_the_rest() {
    let names: Vec<(String, String)> = (0..11).map(|n| (format!("k{n}"), format!("{}", 100 + n))).collect();
    let registers: Vec<(&str, &str)> = names.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let imported = import(&read_once(&registers), &Options::default()).expect("it can be read");
    let note = hint(&imported).expect("a hint is due");
    assert!(note.ends_with("(--initial k0=100,k1=101,k2=102,k3=103,k4=104,k5=105,k6=106,k7=107, and 3 more)"), "{note}");
    let said: Vec<String> = registers[..9].iter().map(|(key, value)| format!("{key}={value}")).collect();
    let options = Options { initial: Start::of(&said.join(",")).ok(), ..Options::default() };
    let imported = import(&read_once(&registers), &options).expect("it can be read");
    let note = hint(&imported).expect("two keys are left");
    assert!(note.ends_with("that has to be said too (--initial k9=109,k10=110)"), "{note}");
    let notes = &imported.observed.notes;
    assert!(notes.iter().any(|note| note == "1 more key holds what is said of it"), "{notes:?}");
    let unknown = Options { initial: Some(Start::Unknown), ..Options::default() };
    assert_eq!(hint(&import(&read_once(&registers), &unknown).expect("it can be read")), None, "nothing is assumed");
}

/// A write is a source from its start on, where the record tells an order in time, and always where it tells none.
#[test]
fn the_hint_needs_an_order_in_time() {
    let line = |process: u32, word: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{word}, :f :{f}, :value {value}}}\n")
    };
    let (asks, reads) = (line(0, "invoke", "read", "nil"), line(0, "ok", "read", "3"));
    let (begins, writes) = (line(1, "invoke", "write", "3"), line(1, "ok", "write", "3"));
    for (record, due) in [
        ([&asks, &reads, &begins, &writes].map(String::as_str).concat(), true),
        ([&asks, &begins, &reads, &writes].map(String::as_str).concat(), false),
        ([&begins, &asks, &reads].map(String::as_str).concat(), false),
        ([&reads, &writes].map(String::as_str).concat(), false),
        ([&asks, &reads, &begins, &line(1, "fail", "write", "3")].map(String::as_str).concat(), true),
        ([&begins, &line(1, "fail", "write", "3"), &asks, &reads].map(String::as_str).concat(), true),
        ([&asks, &line(0, "info", "read", "3")].map(String::as_str).concat(), false),
    ] {
        let imported = import(&record, &Options::default()).expect("it can be read");
        assert_eq!(hint(&imported).is_some(), due, "{record}");
    }
    let list = "{:process 0, :type :ok, :f :txn, :value [[:r x [1 2]] [:append x 3]]}\n";
    let imported = import(list, &Options::default()).expect("it can be read");
    assert_eq!((imported.observed.model, hint(&imported)), (Model::AppendList, None), "lists show who is missing");
}
