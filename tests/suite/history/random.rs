//! Keys that come and go in files that are edited at random: whatever deltas git makes of them, all
//! are found.

use std::ops::Range;

use super::repository::{Repository, key, wide};

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize, longest: usize) -> Range<usize> {
        let start = self.below(length + 1);
        start..(start + self.below(longest)).min(length)
    }

    fn word(&mut self) -> &'static str {
        let words = [
            "zenflow",
            "zenflow_",
            "_live_",
            "zenflow_live_",
            "flow",
            "zen",
            "test",
            "k000000001",
            "token",
            "=",
            "\n",
            "\n",
            " ",
            "0",
            "x",
            "zenflow_test_",
            "e",
            "_",
        ];
        words[self.below(words.len())]
    }

    /// Changes a text: words, keys, and parts of both come, go and move.
    fn edit(&mut self, text: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(text.len() + 1);
            match self.below(8) {
                0 | 7 => {
                    let number = self.below(9) as u64;
                    text.splice(at..at, format!("{}\n", key(number)).into_bytes());
                }
                1 => {
                    // The rest of a key of which the file may hold the beginning, or the other way
                    // round.
                    let key = key(self.below(9) as u64);
                    let part = self.range(key.len(), key.len());
                    text.splice(at..at, key[part].bytes());
                }
                2 => {
                    let word = self.word();
                    text.splice(at..at, word.bytes());
                }
                3 => {
                    let removed = self.range(text.len(), 120);
                    text.drain(removed);
                }
                4 => {
                    let moved = self.range(text.len(), 400);
                    let moved: Vec<u8> = text.drain(moved).collect();
                    let to = self.below(text.len() + 1);
                    text.splice(to..to, moved);
                }
                5 => {
                    let copied = self.range(text.len(), 400);
                    let copied = text[copied].to_vec();
                    text.splice(at..at, copied);
                }
                _ => {
                    // A character within a key.
                    let places: Vec<usize> = (0..text.len())
                        .filter(|at| text[*at..].starts_with(b"zenflow_"))
                        .collect();
                    if let Some(start) = places.get(self.below(places.len())) {
                        let at = (start + self.below(70)).min(text.len() - 1);
                        text[at] = b"zenflow_live0X\n"[self.below(15)];
                    }
                }
            }
        }
    }
}

fn history(seed: u64, format: &str) -> Repository {
    let mut dice = Dice(seed);
    let mut repository = Repository::new(&[&format!("--object-format={format}")]);
    let mut files: Vec<Vec<u8>> = (0..4)
        .map(|file| {
            let lines =
                (0..60).map(|line| format!("line {line} of file {file}: {}\n", dice.word()));
            lines.collect::<String>().into_bytes()
        })
        .collect();
    for commit in 0..50 {
        for _ in 0..=dice.below(2) {
            let number = dice.below(files.len());
            dice.edit(&mut files[number]);
            repository.write(&format!("{number}.txt"), &files[number]);
        }
        let text = String::from_utf8_lossy(&files[0]).into_owned();
        repository.write("dir/utf-16", wide(&text, commit % 2 == 0));
        repository.commit("an edit");
        if dice.below(9) == 0 {
            repository.git(["reset", "--quiet", "--hard", "HEAD~1"]);
        }
    }
    repository
}

#[test]
fn keys_are_found_whatever_deltas_git_makes_of_their_files() {
    for (seed, format) in [(1, "sha1"), (2, "sha256")] {
        let repository = history(seed, format);
        let loose = repository.is_searched_as_a_whole();
        assert!(loose > 100, "{loose}");
        // Two packs that share objects, and loose ones.
        repository.git_with(
            [
                "pack-objects",
                "--revs",
                "--quiet",
                ".git/objects/pack/pack",
            ],
            b"HEAD~20\n",
        );
        repository.git_with(
            [
                "pack-objects",
                "--revs",
                "--quiet",
                ".git/objects/pack/pack",
            ],
            b"HEAD~10\n",
        );
        assert_eq!(repository.is_searched_as_a_whole(), loose);
        for repack in [
            &["repack", "-adkfq", "--depth=50", "--window=250"][..],
            &["repack", "-adkfq", "--depth=4000", "--window=400"],
            &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adkfq"],
            &["gc", "--quiet", "--aggressive", "--prune=never"],
        ] {
            repository.git(repack);
            assert_eq!(repository.is_searched_as_a_whole(), loose, "{repack:?}");
        }
    }
}
