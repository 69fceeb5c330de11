//! `console` with `--aws`.

use crate::{
    cloud::Cloud,
    program::{REGION, orderbridge},
};
use ports::State;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
};

/// A console over a stack, with a browser that was let in.
struct Console {
    process: Child,
    address: String,
    cookie: String,
}

impl Console {
    fn open(stack: &str, config: &Path) -> Self {
        let config = config.to_str().expect("a path");
        let mut process = orderbridge(&[
            "console",
            "--aws",
            stack,
            "--region",
            REGION,
            "--config",
            config,
            "--listen",
            "127.0.0.1:0",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
        let out = process.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("a line");
        let link = line
            .trim()
            .strip_prefix("console: http://")
            .expect("a link");
        let (address, path) = link.split_once('/').expect("a path");
        let mut console = Self {
            process,
            address: address.to_owned(),
            cookie: String::new(),
        };
        let entered = console.get(&format!("/{path}"));
        let (_, cookie) = entered.split_once("set-cookie: ").expect("a cookie");
        console.cookie = cookie.split(';').next().expect("a value").to_owned();
        console
    }

    fn get(&self, path: &str) -> String {
        let (address, cookie) = (&self.address, &self.cookie);
        let mut stream = TcpStream::connect(address).expect("the console");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.salesforce]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"acme-sales\"\nstore = \"acme\"\ndestination = \"salesforce\"\nmapping = \"woocommerce-salesforce\"\n";

#[tokio::test]
async fn the_console_over_a_stack_shows_what_is_known_and_says_what_is_not() {
    let Some(cloud) = Cloud::deployed("console").await else {
        return;
    };
    cloud.order("1001", State::Delivered).await;
    cloud.dead("1002").await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("orderbridge.toml");
    std::fs::write(&config, CONFIG).expect("a file");
    let console = Console::open("console", &config);
    let home = console.get("/");
    assert!(home.contains("1 could not be delivered"), "{home}");
    assert!(home.contains("stack console"), "{home}");
    assert!(
        home.contains("is not known here: only a server on one machine"),
        "{home}"
    );
    let orders = console.get("/orders");
    assert!(orders.contains("/order?id=1001"), "{orders}");
    assert!(
        orders.contains("A queue of AWS does not tell what waits in it"),
        "{orders}"
    );
    let order = console.get("/order?id=1001");
    assert!(
        order.contains("A queue of AWS does not tell what waits in it"),
        "{order}"
    );
    assert!(console.get("/dead").contains("1 letter"));
    assert!(console.get("/reconcile").contains("not compared yet"));
    assert!(
        console
            .get("/privacy")
            .contains("No shop has passed on a request")
    );
}
