#![allow(warnings, clippy::all)]
use platform_sqlite::SqliteStore;
use ports::*;
use std::{sync::Arc, time::*};
fn main() {
    let callers: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let count: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let folder = tempfile::tempdir_in("/work/main/target").unwrap();
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    rt.block_on(async {
        let begin = Instant::now();
        let mut t = tokio::task::JoinSet::new();
        for c in 0..callers {
            let store = store.clone();
            t.spawn(async move { for n in 0..count / callers {
                let x = (c << 32) + n;
                let name = format!("{:016x}{:048x}", x.wrapping_mul(0x9e37_79b9_7f4a_7c15), x);
                let mut m = conformance::message("sales", &name, &name);
                m.body = vec![b'x'; 2500].into(); m.dedupe = Some(name);
                store.enqueue(vec![m]).await.unwrap();
            }});
        }
        t.join_all().await;
        let e = begin.elapsed();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let f: Vec<&str> = stat.split(' ').collect();
        let (u, s): (u64, u64) = (f[13].parse().unwrap(), f[14].parse().unwrap());
        println!("{count} in {e:?}: {:.0}/s; user {:.1} us, sys {:.1} us each", count as f64 / e.as_secs_f64(), u as f64 * 10000.0 / count as f64, s as f64 * 10000.0 / count as f64);
    });
}
