use proptest::prelude::*;

use super::*;
use crate::domain::api_key::checksum;

/// A key of this number.
fn key(number: usize) -> String {
    let body = format!(
        "zenflow_live_k{number:09}_0123456789abcdefghij0123456789{:02}",
        number % 97
    );
    let sum = checksum(&body);
    format!("{body}{}", std::str::from_utf8(&sum).unwrap())
}

fn wide(text: &str, is_little: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| {
            if is_little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}

fn known(keys: &[&str]) -> KnownKeys {
    keys.iter().map(|key| Digest::of_key(key)).collect()
}

fn search(content: &[u8]) -> Found {
    Finder::new(&KnownKeys::default()).search(content)
}

/// Where the keys of a content stand.
fn places(content: &[u8]) -> Vec<(u64, u64)> {
    let found = search(content);
    found
        .occurrences
        .iter()
        .map(|found| (found.line, found.column))
        .collect()
}

/// A stream that gives so many bytes at a time.
struct Slow<'b>(&'b [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn lines_and_columns_count_bytes_from_one() {
    let key = key(1);
    assert_eq!(places(key.as_bytes()), [(1, 1)]);
    let text = format!("é {key}\r\n\n{key},{key}\n x{key}_\n");
    assert_eq!(places(text.as_bytes()), [(1, 4), (3, 1), (3, 64), (4, 3)]);
    let found = search(text.as_bytes());
    assert_eq!(found.occurrences[0].digest, Digest::of_key(&key));
    assert_eq!(found.occurrences[0].id.unwrap().as_str(), "k000000001");
    assert_eq!(found.bytes, text.len() as u64);
}

#[test]
fn characters_count_code_units_of_utf_16() {
    let key = key(1);
    for before in ["", "é", "a\u{1f511}b", "日本", &"é\u{1f511}".repeat(300)] {
        let text = format!("é\n{before}{key}");
        let expected = before.encode_utf16().count() as u64 + 1;
        let unaligned = [&b" "[..], &wide(&text, true)].concat();
        for content in [text.as_bytes(), &wide(&text, true), &wide(&text, false)] {
            assert_eq!(
                search(content).occurrences[0].character,
                expected,
                "{before}"
            );
        }
        assert_eq!(search(&unaligned).occurrences.len(), 1);
    }
}

#[test]
fn a_key_in_either_order_of_utf_16_is_one_place() {
    let key = key(2);
    for before in ["", "x", "\u{feff}", "key=é\u{300}\u{1f511}", "two lines\n"] {
        for after in ["", " ", "\"", "é", "_", "\n"] {
            let text = format!("{before}{key}{after}");
            for is_little in [true, false] {
                let content = wide(&text, is_little);
                let units = before.encode_utf16().count();
                let start = content[..2 * units]
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
                let line = if start == 0 { 1 } else { 2 };
                let column = (2 * units - start + 1) as u64;
                assert_eq!(places(&content), [(line, column)], "{text:?} {is_little}");
                let mut odd = vec![b'x'];
                odd.extend(&content);
                assert_eq!(places(&odd).len(), 1, "{text:?} {is_little}");
            }
        }
    }
    for is_little in [true, false] {
        let longer = wide(&format!("{key}0 "), is_little);
        assert_eq!(search(&longer).occurrences, []);
        let wrong = wide(&format!(" {}! ", key.replace("live", "test")), is_little);
        assert_eq!(search(&wrong).look_alikes, 1);
    }
}

#[test]
fn a_key_that_only_the_store_can_tell_is_found_as_long_as_it_is() {
    let ours = key(3);
    let wrong = ours.replace("live", "test");
    let longest = format!("zenflow_test_{}", "-".repeat(187));
    let known = known(&["zenflow_live_x-Y_z", &wrong, &longest, &ours]);
    let text = format!(
        "zenflow_live_x-Y_z zenflow_live_x-Y_z1 {wrong} {longest}\n{longest}x\n{ours} {}",
        key(4)
    );
    let find = |content: &[u8]| {
        let mut finder = Finder::new(&known);
        let found = finder.search(content);
        assert_eq!(found.look_alikes, 0);
        let places = found.occurrences.iter();
        places
            .map(|one| (one.digest, one.id.is_some(), one.line))
            .collect::<Vec<_>>()
    };
    let expected = [
        (Digest::of_key("zenflow_live_x-Y_z"), false, 1),
        (Digest::of_key(&wrong), false, 1),
        (Digest::of_key(&longest), false, 1),
        (Digest::of_key(&longest), false, 2),
        (Digest::of_key(&ours), true, 3),
        (Digest::of_key(&key(4)), true, 3),
    ];
    assert_eq!(find(text.as_bytes()), expected);
    assert_eq!(find(&wide(&text, true)), expected);
    assert_eq!(find(&wide(&text, false)), expected);
}

#[test]
fn wrong_checksums_are_counted_and_the_example_of_the_documentation_is_not() {
    let wrong = EXAMPLE.replace("0t88JO", "0t88JP");
    let found = search(format!("{wrong} {EXAMPLE} {EXAMPLE}x zenflow_live_\n{wrong}").as_bytes());
    assert_eq!((found.occurrences.len(), found.look_alikes), (0, 2));
    let found = Finder::new(&known(&[EXAMPLE])).search(EXAMPLE.as_bytes());
    assert_eq!(found.occurrences, []);
}

#[test]
fn a_line_may_say_before_or_after_its_keys_that_it_may_hold_them() {
    let key = key(5);
    let far = ".".repeat(3 * CHUNK);
    for line in [
        format!("{key} # zenflow-keys:allow"),
        format!("zenflow-keys:allow {key} {key}"),
        format!("zenflow-keys:allow{far}{key}"),
        format!("{key}{far}zenflow-keys:allow"),
    ] {
        let text = format!("{key}\n{line}\n{key} zenflow-keys:allo\nzenflow-keys:allow\n");
        let mut utf_16 = wide(&text, true);
        for content in [text.as_bytes(), &utf_16, &wide(&text, false)] {
            let found = search(content);
            let lines: Vec<u64> = found.occurrences.iter().map(|one| one.line).collect();
            assert_eq!(
                (&lines[..], found.allowed_lines),
                (&[1, 3][..], 1),
                "{}",
                line.len()
            );
            let known = KnownKeys::default();
            let mut streamed = Finder::new(&known);
            streamed.read(&mut Slow(content, 70_001)).unwrap();
            assert_eq!(streamed.finish(), found);
        }
        utf_16.insert(0, b' ');
        assert_eq!(search(&utf_16).allowed_lines, 1);
    }
    assert_eq!(
        search(format!("{EXAMPLE} zenflow-keys:allow").as_bytes()).allowed_lines,
        0
    );
}

#[test]
fn a_key_is_found_at_every_place_around_the_end_of_a_chunk() {
    let known = KnownKeys::default();
    let mut finder = Finder::new(&known);
    let (narrow, little, big) = (
        key(6).into_bytes(),
        wide(&key(6), true),
        wide(&key(6), false),
    );
    let mut content = vec![b'\n'; CHUNK + 4 * LOOK_AHEAD];
    for key in [&narrow, &little, &big] {
        for at in CHUNK - LOOK_AHEAD - 2 * key.len()..CHUNK + LOOK_AHEAD {
            content.fill(b'\n');
            content[at..at + key.len()].copy_from_slice(key);
            finder.feed(&content);
            let found = finder.finish();
            let places: Vec<_> = found
                .occurrences
                .iter()
                .map(|found| (found.line, found.column))
                .collect();
            assert_eq!(places, [(at as u64 + 1, 1)], "{at}");
        }
    }
}

#[test]
fn what_a_failing_stream_gave_counts() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::Other.into())
        }
    }
    let known = KnownKeys::default();
    let mut finder = Finder::new(&known);
    let key = key(7);
    assert!(finder.read(&mut key.as_bytes().chain(Failing)).is_err());
    assert_eq!(finder.finish(), search(key.as_bytes()));
    assert_eq!(finder.finish(), Found::default());
}

#[test]
fn a_line_is_told_by_all_of_its_bytes() {
    let known = KnownKeys::default();
    let mut finder = Finder::with_line_digests(&known);
    let far = ".".repeat(2 * CHUNK);
    for line in [
        format!("a {} b", key(8)),
        format!("{far}{}", key(8)),
        format!("{} {}{far}", key(8), key(9)),
    ] {
        let expected: [u8; 32] = Sha256::digest(&line).into();
        for (before, after) in [("", ""), ("\n", "\n"), ("x\nyy\n", "\nz\n\n")] {
            let content = format!("{before}{line}{after}");
            finder.read(&mut Slow(content.as_bytes(), 30_000)).unwrap();
            let found = finder.finish();
            assert!(!found.occurrences.is_empty());
            assert!(
                found
                    .occurrences
                    .iter()
                    .all(|one| one.line_digest == Some(expected))
            );
        }
    }
}

proptest! {
    #[test]
    fn how_a_content_is_cut_does_not_matter(
        parts in proptest::collection::vec(
            prop_oneof![
                (0..3usize).prop_map(|number| key(number).into_bytes()),
                (0..3usize, any::<bool>()).prop_map(|(number, order)| wide(&key(number), order)),
                Just(b"zenflow-keys:allow".to_vec()),
                any::<bool>().prop_map(|order| wide("zenflow-keys:allow", order)),
                (0..2 * CHUNK).prop_map(|length| vec![b'.'; length]),
                Just(b"zenflow_live_".to_vec()),
                "[0-9A-Za-z\n\0 _-]{0,80}".prop_map(String::into_bytes),
            ],
            0..12,
        ),
        step in 1..CHUNK + 1000,
    ) {
        let content = parts.concat();
        let known = known(&["zenflow_live_x"]);
        let mut finder = Finder::new(&known);
        let whole = finder.search(&content);
        finder.read(&mut Slow(&content, step)).unwrap();
        prop_assert_eq!(&whole, &finder.finish());
        content.chunks(step).for_each(|chunk| finder.feed(chunk));
        prop_assert_eq!(&whole, &finder.finish());
    }
}
