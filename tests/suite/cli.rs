//! The whole program, from a command line to streams and a store, without a process, a network or a
//! wall clock.

mod acceptance;
mod allowlist;
mod batch;
mod batch_agrees;
mod batch_bursts;
mod check;
mod completion;
mod confirm;
mod create;
mod create_dialogue;
mod errors;
mod list;
mod log;
mod manual;
mod older;
mod pictures;
mod prune;
mod prune_in_parts;
mod replaced;
mod review;
mod revoke;
mod rotate;
mod schemas;
mod show;
mod suggest;
mod switch;
mod tampering;
mod update;
mod upgrade;
mod usage_import;
<<<<<<< HEAD
mod usage_new;
=======
mod usage_leaks;
>>>>>>> h-a
mod usage_once;
mod usage_report;
mod usage_served;
mod usage_times;
mod width;
