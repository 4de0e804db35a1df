//! Every line of `check --batch` has one answer, in order, that `check` itself gives to the same
//! question.

use serde_json::Value;
use zenflow_keys::domain::secret_text::holds_a_key;
use zenflow_keys::internals::is_hidden;

use super::program::run;
use super::sample::{self, Sample};

pub fn holds(bytes: &[u8]) {
    let sample = Sample::get();
    let input = with_keys(bytes, &sample.secrets);
    let lines: Vec<&[u8]> = input
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
        .collect();
    let (_directory, db) = sample::file(&sample.bytes);
    let outcome = run(&db, &["check", "--batch"], &input);
    assert!(
        !outcome
            .stdout
            .chars()
            .any(|c| is_hidden(c) && !c.is_ascii_whitespace()),
        "{:?}",
        outcome.stdout
    );
    assert!(!holds_a_key(&outcome.stdout) && !holds_a_key(&outcome.stderr));
    let answers: Vec<Value> = match outcome
        .stdout
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
    {
        Ok(answers) => answers,
        // A `ref` is handed back however deep it is; this reader has a limit.
        Err(e) => {
            return assert!(
                e.to_string().contains("recursion limit"),
                "{e}: {}",
                outcome.stdout
            );
        }
    };
    assert_eq!(answers.len(), lines.len());
    let is_bad = |answer: &Value| answer["verdict"] == "bad_request";
    assert_eq!(
        outcome.status,
        u8::from(answers.iter().any(is_bad)),
        "{}",
        outcome.stderr
    );
    for answer in &answers {
        assert_eq!(answer.as_object().unwrap().len(), 6);
        assert_eq!(answer["allowed"], answer["verdict"] == "allowed");
        if is_bad(answer) {
            assert!(
                answer["reason"].is_null()
                    && answer["key_id"].is_null()
                    && answer["message"].is_string(),
                "{answer}"
            );
        }
    }
    // Each question costs a run of the program: the first few will do.
    for (line, answer) in lines
        .into_iter()
        .zip(&answers)
        .filter(|(_, answer)| !is_bad(answer))
        .take(3)
    {
        is_what_check_answers(&db, &serde_json::from_slice(line).unwrap(), answer);
    }
}

/// The bytes 1 to 6, which no JSON has, stand for the keys of the sample.
fn with_keys(bytes: &[u8], secrets: &[String]) -> Vec<u8> {
    let mut input = Vec::new();
    for byte in bytes {
        match secrets.get(usize::from(*byte).wrapping_sub(1)) {
            Some(secret) => input.extend(secret.as_bytes()),
            None => input.push(*byte),
        }
    }
    input
}

fn is_what_check_answers(db: &std::path::Path, question: &Value, answer: &Value) {
    assert_eq!(question.get("ref").unwrap_or(&Value::Null), &answer["ref"]);
    let scopes = match &question["scope"] {
        Value::Array(scopes) => scopes
            .iter()
            .filter_map(Value::as_str)
            .map(|scope| format!("--scope={scope}"))
            .collect(),
        scope => scope
            .as_str()
            .map(|scope| format!("--scope={scope}"))
            .into_iter()
            .collect::<Vec<_>>(),
    };
    let others = ["request", "ip", "env", "at"]
        .into_iter()
        .filter_map(|field| Some(format!("--{field}={}", question[field].as_str()?)));
    let args: Vec<String> = ["check".into(), "--json".into()]
        .into_iter()
        .chain(scopes)
        .chain(others)
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = run(
        db,
        &args,
        question["key"].as_str().unwrap_or_default().as_bytes(),
    );
    // On the command line a key is refused even where it is only part of a path.
    if outcome.status == 2 && args.iter().any(|arg| holds_a_key(arg)) {
        return;
    }
    let checked = outcome.json();
    assert_eq!(checked["verdict"], answer["verdict"], "{question}");
    assert_eq!(checked["reason"], answer["reason"], "{question}");
    assert_eq!(
        checked["key"].get("id").unwrap_or(&Value::Null),
        &answer["key_id"],
        "{question}"
    );
    assert_eq!(
        checked["response"]["body"]["error"]["message"], answer["message"],
        "{question}"
    );
}
