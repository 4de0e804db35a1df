//! From where a key may be used: addresses and CIDR ranges.

pub mod net;

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::domain::Invalid;

pub use crate::domain::allowlist::net::{Net, parse_address};

/// The networks from which a key may be used; none means from everywhere. Sorted, each once.
///
/// As text: the networks joined by a space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowlist(Vec<Net>);

impl Allowlist {
    /// Its entries, sorted.
    pub fn entries(&self) -> &[Net] {
        &self.0
    }

    /// Whether there is no entry, hence no restriction.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address may use the key.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.is_empty() || self.0.iter().any(|net| net.contains(address))
    }

    /// Whether every address of the network may use the key.
    pub fn covers(&self, net: &Net) -> bool {
        self.is_empty() || self.0.iter().any(|entry| entry.covers(net))
    }

    /// The list with these entries added.
    #[must_use]
    pub fn with(&self, nets: &[Net]) -> Allowlist {
        self.0.iter().chain(nets).copied().collect()
    }

    /// The list without these entries.
    ///
    /// # Errors
    /// The first of `nets` that is not an entry.
    pub fn without(&self, nets: &[Net]) -> Result<Allowlist, Net> {
        match nets.iter().find(|net| !self.0.contains(net)) {
            Some(absent) => Err(*absent),
            None => Ok(self
                .0
                .iter()
                .filter(|net| !nets.contains(net))
                .copied()
                .collect()),
        }
    }

    /// Whether changing `self` into `new` can shut somebody out who was let in before.
    pub fn is_narrowed_by(&self, new: &Allowlist) -> bool {
        !new.is_empty() && (self.is_empty() || self.0.iter().any(|net| !new.covers(net)))
    }

    /// Whether changing `self` into `new` lets everyone in who was not let in before: no entry is
    /// left, or the entries of a family now cover all of it.
    pub fn is_opened_by(&self, new: &Allowlist) -> bool {
        (new.is_empty() && !self.is_empty())
            || new
                .whole_families()
                .any(|family| !self.whole_families().any(|before| before == family))
    }

    /// The ranges `0.0.0.0/0` and `::/0`, as far as the entries together cover them.
    fn whole_families(&self) -> impl Iterator<Item = IpNet> {
        let nets: Vec<IpNet> = self.0.iter().map(|net| net.ip_net()).collect();
        IpNet::aggregate(&nets)
            .into_iter()
            .filter(|net| net.prefix_len() == 0)
    }

    /// Whether the key can be used from every address of a family although there are entries.
    pub fn covers_everything(&self) -> bool {
        self.whole_families().next().is_some()
    }
}

impl FromIterator<Net> for Allowlist {
    fn from_iter<I: IntoIterator<Item = Net>>(nets: I) -> Self {
        let mut nets: Vec<Net> = nets.into_iter().collect();
        nets.sort_unstable();
        nets.dedup();
        Allowlist(nets)
    }
}

impl std::fmt::Display for Allowlist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, net) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            net.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for Allowlist {
    type Err = Invalid;

    /// Reads the canonical text only.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Allowlist::default());
        }
        let list = text
            .split(' ')
            .map(Net::from_str)
            .collect::<Result<Allowlist, _>>()?;
        if list.to_string() == text {
            Ok(list)
        } else {
            Err(Invalid::new("that is not a sorted list of networks"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Net {
        text.parse().unwrap()
    }

    fn list(text: &str) -> Allowlist {
        text.parse().unwrap()
    }

    #[test]
    fn a_mapped_client_is_judged_as_the_ipv4_client_it_is() {
        let ten = list("10.0.0.0/8");
        assert!(ten.admits(parse_address("::ffff:10.1.2.3").unwrap()));
        assert!(ten.admits("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!ten.admits("11.0.0.1".parse().unwrap()));
        assert!(!list("::/0").admits("10.0.0.1".parse().unwrap()));
        assert!(!list("0.0.0.0/0").admits("::1".parse().unwrap()));
        assert!(Allowlist::default().admits("::1".parse().unwrap()));
    }

    #[test]
    fn a_network_is_covered_only_as_a_whole() {
        for (held, asked, covered) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "10.1.2.0/24", true),
            ("10.1.2.0/25", "10.1.2.0/24", false),
            ("10.0.0.0/8", "::/0", false),
            ("", "::/0", true),
        ] {
            assert_eq!(list(held).covers(&net(asked)), covered, "{held:?} {asked}");
        }
    }

    #[test]
    fn adding_and_removing_keep_the_list_sorted_and_each_entry_once() {
        let two = list("10.0.0.0/8 203.0.113.7");
        assert_eq!(
            two.with(&[net("::1"), net("10.0.0.0/8"), net("9.9.9.9")])
                .to_string(),
            "9.9.9.9 10.0.0.0/8 203.0.113.7 ::1"
        );
        assert_eq!(
            two.without(&[net("203.0.113.7")]).unwrap().to_string(),
            "10.0.0.0/8"
        );
        assert_eq!(
            two.without(&[net("10.0.0.0/8"), net("10.0.0.0/9")]),
            Err(net("10.0.0.0/9"))
        );
    }

    #[test]
    fn opening_a_key_to_everyone_is_noticed() {
        for (old, new, opens) in [
            ("10.0.0.0/8", "", true),
            ("", "", false),
            ("", "10.0.0.0/8", false),
            ("", "0.0.0.0/0", true),
            ("10.0.0.0/8", "0.0.0.0/0 10.0.0.0/8", true),
            ("10.0.0.0/8", "10.0.0.0/8 ::/0", true),
            ("0.0.0.0/0", "0.0.0.0/0 10.0.0.0/8", false),
            ("0.0.0.0/1", "0.0.0.0/1 128.0.0.0/1", true),
            ("10.0.0.0/8", "11.0.0.0/8", false),
        ] {
            assert_eq!(
                list(old).is_opened_by(&list(new)),
                opens,
                "{old:?} -> {new:?}"
            );
        }
    }

    #[test]
    fn a_list_covers_everything_if_its_entries_together_hold_a_whole_family() {
        for (entries, covers) in [
            ("", false),
            ("10.0.0.0/8", false),
            ("0.0.0.0/1 10.0.0.0/8", false),
            ("0.0.0.0/1 128.0.0.0/1", true),
            ("10.0.0.0/8 ::/0", true),
        ] {
            assert_eq!(list(entries).covers_everything(), covers, "{entries:?}");
        }
    }

    #[test]
    fn only_canonical_text_reads_back_as_a_list() {
        for text in [
            " ",
            "10.0.0.0/8 ",
            "203.0.113.7 10.0.0.0/8",
            "10.0.0.1/32",
            "10.0.0.0/8 10.0.0.0/8",
        ] {
            assert!(text.parse::<Allowlist>().is_err(), "{text:?}");
        }
    }
}
