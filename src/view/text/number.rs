//! Numbers as people read them.

use std::fmt::Display;

/// What share of `all` a number is: `12%`, `0.2%`, `<0.1%`. Only all of them are 100%.
pub fn percent(number: u64, all: u64) -> String {
    let tenths = u128::from(number) * 1000 / u128::from(all.max(1));
    match tenths {
        0 if number == 0 => "0%".into(),
        0 => "<0.1%".into(),
        1..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        _ => format!("{}%", tenths / 10),
    }
}

/// A number with its thousands apart: `1,234,567`.
pub fn with_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many things: `1 key`, `2 keys`.
pub fn count<N>(number: N, what: &str) -> String
where
    N: Copy + Display + From<u8> + PartialEq,
{
    format!(
        "{number} {what}{}",
        if number == N::from(1) { "" } else { "s" }
    )
}

/// The same with the thousands apart: `1 line`, `12,345 lines`.
pub fn plural(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", with_thousands(number))
}

/// A number of bytes, in the largest unit of which there is one.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(*unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => plural(bytes, "byte"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_all() {
        let shares = [
            (0, 9),
            (1, 9_999),
            (9, 3_661),
            (1, 3),
            (9_999, 10_000),
            (7, 7),
        ];
        let texts = shares.map(|(number, all)| percent(number, all));
        assert_eq!(texts, ["0%", "<0.1%", "0.2%", "33%", "99%", "100%"]);
    }

    #[test]
    fn the_thousands_of_a_number_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(with_thousands(number), text);
        }
    }

    #[test]
    fn sizes_are_told_in_the_largest_unit() {
        for (bytes, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1,023 bytes"),
            (1024, "1.0 KiB"),
            (1_600_000, "1.5 MiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(size(bytes), told);
        }
    }
}
