//! Enums whose variants have one public word each: the word on the command line, in JSON and in the
//! store stands here and nowhere else.

/// Defines such an enum, with `ALL`, `as_str`, `FromStr` and `Display`. `kind` is what an unknown
/// word is called in the error; `hint` replaces the list of all words.
macro_rules! words {
    (
        kind $kind:literal $(, hint $hint:expr)?;
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant),+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = $name::ALL.map($name::as_str);
                $name::ALL
                    .into_iter()
                    .find(|one| one.as_str() == text)
                    .ok_or_else(|| {
                        let hint: $crate::domain::remedy::Hint = format!("there are {}", known.join(", ")).into();
                        $(let hint = { drop(hint); $hint };)?
                        $crate::domain::Invalid::unknown($kind, text, known).hint(hint)
                    })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;
