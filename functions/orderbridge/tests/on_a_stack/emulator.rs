use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock},
};

/// Returns the URL of the emulator, which the first caller starts and which ends with this program;
/// `None` where it cannot be installed, after saying so.
pub(crate) fn url() -> Option<&'static str> {
    static STARTED: OnceLock<Result<(String, Mutex<Child>), String>> = OnceLock::new();
    match STARTED.get_or_init(start) {
        Ok((url, _)) => Some(url),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

/// Makes the next call of an operation fail for want of rights.
pub(crate) fn refuse(operation: &str) {
    get(&format!(
        "/test/fault?operation={operation}&kind=refuse&times=1"
    ));
}

fn get(path: &str) {
    let address = url().expect("the emulator").trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the emulator");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    stream
        .read_to_string(&mut String::new())
        .expect("an answer");
}

fn start() -> Result<(String, Mutex<Child>), String> {
    let sources =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/platform-aws/tests/emulated");
    let missing = "the emulator of AWS cannot be installed: it needs Python 3.11 with pip, and a package index";
    let install = Command::new("sh")
        .arg(sources.join("install.sh"))
        .arg(tools())
        .stderr(Stdio::inherit())
        .output();
    let install = install
        .ok()
        .filter(|install| install.status.success())
        .ok_or(missing)?;
    let folder = String::from_utf8(install.stdout).map_err(|_| missing)?;
    let mut emulator = Command::new("python3")
        .arg(sources.join("serve.py"))
        .env("PYTHONPATH", folder.trim())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("python3 cannot be started: {error}"))?;
    let mut output = BufReader::new(emulator.stdout.take().ok_or("the emulator has no output")?);
    let mut line = String::new();
    output
        .read_line(&mut line)
        .map_err(|error| format!("the emulator says nothing: {error}"))?;
    let url = line.trim().to_owned();
    assert!(
        url.starts_with("http://127.0.0.1:"),
        "the emulator is installed, but does not start: {url:?}"
    );
    // Whatever it prints later is not waited for.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok((url, Mutex::new(emulator)))
}

/// Returns the folder where tools of tests are installed: beside what cargo builds.
fn tools() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    program
        .ancestors()
        .nth(3)
        .expect("target/debug/deps")
        .join("tools")
}
