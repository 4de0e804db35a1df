//! Addresses and ranges, held against a model that compares bit by bit.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zenflow_keys::domain::allowlist::parse_address;
use zenflow_keys::domain::{Allowlist, Net};

use super::Choices;

pub fn holds(bytes: &[u8]) {
    any_text_is_read_or_refused(&String::from_utf8_lossy(bytes));
    let choices = &mut Choices(bytes);
    let count = choices.below(5);
    let plain: Vec<Plain> = (0..count).map(|_| Plain::chosen(choices)).collect();
    let nets: Vec<Net> = plain.iter().filter_map(|plain| plain.read()).collect();
    if nets.len() == plain.len() {
        lists_admit_as_the_model_does(&plain, &nets, choices);
    }
}

fn any_text_is_read_or_refused(text: &str) {
    if let Ok(address) = parse_address(text) {
        assert_eq!(parse_address(&address.to_string()), Ok(address));
        assert_eq!(
            text.parse::<Net>().unwrap().to_string(),
            address.to_string()
        );
        assert_eq!(address, address.to_canonical());
    }
    if let Ok(net) = text.parse::<Net>() {
        assert_eq!(net.to_string().parse(), Ok(net));
    }
    if let Ok(list) = text.parse::<Allowlist>() {
        assert_eq!(list.to_string(), text);
    }
}

/// A range in plain numbers: how many of its bits are fixed, and which they are. `mapped` writes an
/// IPv4 range as IPv6.
#[derive(Debug, Clone, Copy)]
struct Plain {
    width: u32,
    bits: u128,
    fixed: u32,
    mapped: bool,
}

impl Plain {
    fn chosen(choices: &mut Choices<'_>) -> Self {
        let (v4, mapped, with_host_bits) = (
            choices.byte() & 1 == 0,
            choices.byte() & 1 == 0,
            choices.byte() & 7 == 0,
        );
        let width = if v4 { 32 } else { 128 };
        let fixed = u32::from(choices.byte()) % (width + 1);
        let mut bits = choices.number(width / 8);
        // Close to the mapped addresses, which are others' ranges as soon as a bit of theirs is
        // fixed.
        if !v4 && mapped {
            bits = bits & u128::from(u32::MAX) | 0xffff << 32;
        }
        for place in fixed..width {
            if !with_host_bits && bit(bits, width, place) {
                bits ^= 1 << (width - 1 - place);
            }
        }
        Plain {
            width,
            bits,
            fixed,
            mapped: v4 && mapped,
        }
        .canonical()
    }

    /// An IPv6 range inside the mapped addresses is an IPv4 range.
    fn canonical(self) -> Self {
        if self.width == 128 && self.fixed >= 96 && self.bits >> 32 == 0xffff {
            return Plain {
                width: 32,
                bits: self.bits & u128::from(u32::MAX),
                fixed: self.fixed - 96,
                mapped: true,
            };
        }
        self
    }

    fn text(self) -> String {
        let fixed = if self.mapped {
            self.fixed + 96
        } else {
            self.fixed
        };
        format!("{}/{fixed}", address(self.width, self.bits, self.mapped))
    }

    /// The range as the program reads it. If it does not, the model finds a bit behind the fixed
    /// ones.
    fn read(self) -> Option<Net> {
        let host_bits = (self.fixed..self.width).any(|place| bit(self.bits, self.width, place));
        match self.text().parse::<Net>() {
            Ok(net) => {
                assert!(!host_bits, "{self:?}");
                Some(net)
            }
            Err(fault) => {
                assert!(host_bits, "{self:?}: {fault}");
                let meant = fault
                    .message
                    .split('\'')
                    .nth(3)
                    .expect("a range is offered");
                let bits = (0..self.fixed).fold(0, |bits, place| {
                    bits | self.bits & 1 << (self.width - 1 - place)
                });
                assert_eq!(
                    meant.parse(),
                    Plain { bits, ..self }.text().parse::<Net>(),
                    "{fault}"
                );
                None
            }
        }
    }

    fn contains(self, width: u32, bits: u128) -> bool {
        width == self.width
            && (0..self.fixed).all(|place| bit(bits, width, place) == bit(self.bits, width, place))
    }
}

fn bit(bits: u128, width: u32, place: u32) -> bool {
    bits >> (width - 1 - place) & 1 == 1
}

fn address(width: u32, bits: u128, mapped: bool) -> IpAddr {
    match u32::try_from(bits) {
        Ok(bits) if width == 32 && mapped => Ipv4Addr::from_bits(bits).to_ipv6_mapped().into(),
        Ok(bits) if width == 32 => Ipv4Addr::from_bits(bits).into(),
        _ => Ipv6Addr::from_bits(bits).into(),
    }
}

fn lists_admit_as_the_model_does(plain: &[Plain], nets: &[Net], choices: &mut Choices<'_>) {
    let list: Allowlist = nets.iter().copied().collect();
    assert_eq!(list.to_string().parse::<Allowlist>(), Ok(list.clone()));
    assert_eq!(list.with(nets), list);
    assert_eq!(list.without(nets), Ok(Allowlist::default()));
    assert_eq!(
        list.covers_everything(),
        [32, 128].into_iter().any(|width| covers(plain, width))
    );
    assert_eq!(
        Allowlist::default().is_opened_by(&list),
        list.covers_everything()
    );
    assert_eq!(list.is_opened_by(&Allowlist::default()), !list.is_empty());
    assert!(!list.is_opened_by(&list));
    for _ in 0..4 {
        let (width, bits, mapped) = client(plain, choices);
        let expected = plain.is_empty() || plain.iter().any(|range| range.contains(width, bits));
        let ip = address(width, bits, mapped);
        assert_eq!(list.admits(ip), expected, "{ip} in {list}");
        assert_eq!(
            list.admits(parse_address(&ip.to_string()).unwrap()),
            expected,
            "{ip} in {list}"
        );
    }
}

/// Any client, or one in a range or next to it.
fn client(plain: &[Plain], choices: &mut Choices<'_>) -> (u32, u128, bool) {
    let (near, mapped) = (
        choices.byte() & 3 != 0 && !plain.is_empty(),
        choices.byte() & 1 == 0,
    );
    let (width, bits) = if near {
        let range = choices.one(plain);
        let host = choices.number(range.width / 8);
        let host =
            host & !(0..range.fixed).fold(0, |mask, place| mask | 1 << (range.width - 1 - place));
        let turned = (u32::from(choices.byte()) < range.width)
            .then(|| 1 << (range.width - 1 - u32::from(choices.byte()) % range.width));
        (range.width, (range.bits | host) ^ turned.unwrap_or(0))
    } else {
        let width = choices.one(&[32, 128]);
        (width, choices.number(width / 8))
    };
    if width == 128 && bits >> 32 == 0xffff {
        (32, bits & u128::from(u32::MAX), true)
    } else {
        (width, bits, mapped)
    }
}

/// Whether the ranges of a family together hold all of its addresses: sorted by their beginning,
/// none leaves a gap.
fn covers(plain: &[Plain], width: u32) -> bool {
    let last = if width == 32 {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    };
    let mut ranges: Vec<(u128, u128)> = plain
        .iter()
        .filter(|range| range.width == width)
        .map(|range| {
            (
                range.bits,
                range.bits | last.checked_shr(range.fixed).unwrap_or(0),
            )
        })
        .collect();
    ranges.sort_unstable();
    let mut next = 0;
    for (from, to) in ranges {
        if from > next {
            return false;
        }
        match to.max(next.saturating_sub(1)) {
            reached if reached == last => return true,
            reached => next = reached + 1,
        }
    }
    false
}
