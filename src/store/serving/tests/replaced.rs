//! What becomes of a served store whose file, or log, becomes another one.

use super::*;
use crate::store::ReadTx;

#[test]
fn a_store_that_was_replaced_is_the_one_that_answers() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let (first, second) = (serving.reader(), serving.reader());
    assert_eq!((id_of(&first), id_of(&second)), (Ok(0), Ok(0)));
    let _ = serving.record(&[], &begun).unwrap();
    assert_eq!(bench.files().len(), 3);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!((id_of(&first), id_of(&second)), (Ok(7), Ok(7)));
    assert_eq!(bench.files(), ["keys.db"], "the log of the old one is gone");
    serving.look_after(&later).unwrap();
    assert!(bench.uses_wal());
    assert_eq!(id_of(&first), Ok(7));
    serving.end(&later).unwrap();
    assert!(!bench.uses_wal());
}

#[test]
fn which_file_it_is_is_looked_at_once_a_second() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let id_at = |second| {
        let id = |view: ReadTx<'_>, _| {
            let sql = "SELECT id FROM store";
            Ok(view.conn.query_row(sql, [], |row| row.get(0))?)
        };
        let id: Vec<u8> = reader.read(at(second), id).unwrap();
        id[0]
    };
    assert_eq!(id_at(1), 0);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!([id_at(1), id_at(2)], [0, 7]);
}

#[test]
fn one_that_is_away_is_waited_for_with_its_log() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    let away = bench.0.path().join("away");
    fs::rename(bench.db(), &away).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreMissing));
    assert_eq!(
        serving.look_after(&later).unwrap_err().code,
        Code::StoreMissing
    );
    assert_eq!(bench.files(), ["away", "keys.db-shm", "keys.db-wal"]);
    fs::rename(&away, bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(0));
    // Another one while it was away is another one.
    fs::rename(bench.db(), &away).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreMissing));
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
    assert_eq!(bench.files(), ["away", "keys.db"]);
    // And what its log held is in the old one.
    fs::rename(&away, bench.db()).unwrap();
    assert_eq!(bench.servings(), [(Some(0), None, 1)]);
}

#[test]
fn one_that_is_no_store_or_not_safe_is_not_read_until_it_is() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    fs::set_permissions(bench.0.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(
        serving.look_after(&later).unwrap_err().code,
        Code::StoreUnsafe
    );
    assert_eq!(id_of(&reader), Err(Code::StoreUnsafe));
    fs::set_permissions(bench.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(id_of(&reader), Ok(0));
    let other = bench.0.path().join("other");
    fs::write(&other, "something else").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&other, bench.db()).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreForeign));
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
}

fn note_of(bench: &Bench) -> impl Fn(&Reader) -> Result<i64, Code> {
    // A change by another connection, and what a reader sees of it.
    let mut store = Store::open_to_write(&bench.db(), &later).unwrap();
    let mut write = store.write(Lock::Immediate, &later, &actor()).unwrap();
    write.note_serving(None, false, false).unwrap();
    write.commit().unwrap();
    |reader: &Reader| {
        reader
            .read(next_second(), |view, _| {
                let sql = "SELECT count(*) FROM servings";
                Ok(view.conn.query_row(sql, [], |row| row.get(0))?)
            })
            .map_err(|error| error.code)
    }
}

#[test]
fn a_log_or_an_index_of_it_that_somebody_removed_is_made_again_and_no_change_is_missed() {
    for lost in ["keys.db-shm", "keys.db-wal"] {
        let bench = Bench::new();
        let serving = bench.serve(true);
        let reader = serving.reader();
        assert_eq!(note_of(&bench)(&reader), Ok(2));
        fs::remove_file(bench.0.path().join(lost)).unwrap();
        serving.look_after(&later).unwrap();
        assert_eq!(note_of(&bench)(&reader), Ok(3), "{lost}");
        let _ = serving.record(&[], &later).unwrap();
        assert_eq!(id_of(&reader), Ok(0));
        serving.end(&later).unwrap();
        assert_eq!(bench.files(), ["keys.db"]);
        assert_eq!(bench.servings(), [(Some(60), Some(60), 0)]);
    }
}

#[test]
fn a_store_that_another_one_was_written_over_is_that_one() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    let other = fs::read(bench.make("restored", 7)).unwrap();
    fs::write(bench.db(), &other).unwrap();
    serving.look_after(&later).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
    assert_eq!(bench.servings(), [(Some(60), None, 1)]);
    serving.end(&later).unwrap();
}

#[test]
fn a_store_that_is_still_being_copied_to_its_place_is_not_written_to() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let whole = fs::read(bench.make("restored", 7)).unwrap();
    let half = bench.0.path().join("half");
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    fs::set_permissions(&half, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&half, bench.db()).unwrap();
    for _ in 0..2 {
        assert_eq!(id_of(&reader), Err(Code::StoreDamaged));
        let failed = serving.look_after(&later).unwrap_err();
        assert_eq!(failed.code, Code::StoreDamaged);
    }
    assert!(fs::read(bench.db()).unwrap() == whole[..whole.len() / 2]);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(bench.db())
        .unwrap();
    std::io::Write::write_all(&mut file, &whole[whole.len() / 2..]).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
    serving.look_after(&later).unwrap();
    assert!(bench.uses_wal());
}

#[test]
fn the_state_of_the_store_is_another_one_after_each_change_and_each_replacement() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let state = || reader.read(next_second(), |_, state| Ok(state)).unwrap();
    let first = state();
    assert_eq!(state(), first);
    let mut store = Store::open_to_write(&bench.db(), &later).unwrap();
    store
        .write(Lock::Immediate, &later, &actor())
        .and_then(|mut write| {
            write.note_serving(None, false, false)?;
            write.commit()
        })
        .unwrap();
    let second = state();
    assert_ne!(second, first);
    drop(store);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    let third = state();
    assert!(third != first && third != second);
}

#[test]
fn a_link_that_leads_to_another_store_by_now_leaves_the_log_of_the_first_alone() {
    let bench = Bench::new();
    let link = bench.0.path().join("link");
    symlink(bench.db(), &link).unwrap();
    let serving = Arc::new(Serving::begin(&link, true, &begun, &actor()).unwrap());
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    let mut store = Store::open_to_write(&bench.db(), &later).unwrap();
    store.read(|_| Ok(())).unwrap();
    let other = bench.make("other.db", 7);
    fs::remove_file(&link).unwrap();
    symlink(other, &link).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
    let write = store.write(Lock::Immediate, &later, &actor());
    write.unwrap().commit().unwrap();
    assert_eq!(
        bench.files(),
        ["keys.db", "keys.db-shm", "keys.db-wal", "link", "other.db"]
    );
}

#[test]
fn several_who_serve_follow_to_the_same_store_and_keep_its_log() {
    let bench = Bench::new();
    let all = [bench.serve(true), bench.serve(true)];
    let readers = all.each_ref().map(Serving::reader);
    assert_eq!(readers.each_ref().map(id_of), [Ok(0), Ok(0)]);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    for serving in &all {
        serving.look_after(&later).unwrap();
        let _ = serving.record(&[], &|| at(90)).unwrap();
    }
    assert_eq!(readers.each_ref().map(id_of), [Ok(7), Ok(7)]);
    for serving in &all {
        serving.look_after(&later).unwrap();
        serving.end(&|| at(99)).unwrap();
    }
    assert_eq!(bench.servings(), [(Some(90), Some(99), 0); 2]);
    assert_eq!(bench.files(), ["keys.db"]);
}
