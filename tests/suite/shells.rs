//! Completion in the real shells, and dialogues: keys are typed at a terminal and the screen is read.

mod bash;
mod dialogue;
mod manual;
mod others;
mod package;
