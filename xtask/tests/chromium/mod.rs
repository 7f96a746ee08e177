//! A page in a real browser, asked and told over Chromium's own pipe: <https://chromedevtools.github.io/devtools-protocol>.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Chromium {
    browser: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    asked: u64,
    /// What it told unasked.
    events: Vec<Value>,
    /// Kept until the browser has gone.
    _profile: TempDir,
}

impl Chromium {
    /// The page of this file, loaded; none where there is no Chromium, which is said.
    pub(crate) fn open(page: &Path, width: u32, scheme: &str) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: there is no Chromium on PATH");
            return None;
        };
        let profile = TempDir::new().unwrap();
        // It reads what it is asked from 3, and tells on 4.
        let mut browser = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (browser.stdin.take().unwrap(), BufReader::new(browser.stdout.take().unwrap()));
        let (session, events) = (None, Vec::new());
        let mut chromium = Self { browser, to, from, session, asked: 0, events, _profile: profile };
        let target = chromium.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        chromium.session =
            chromium.ask("Target.attachToTarget", &attach)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            chromium.ask(&format!("{domain}.enable"), &json!({}));
        }
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        chromium.ask("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        chromium.ask("Emulation.setEmulatedMedia", &scheme);
        chromium.ask("Page.navigate", &json!({"url": format!("file://{}", page.display())}));
        chromium.wait_for_load();
        Some(chromium)
    }

    /// What an expression comes to in the page; a promise is waited for.
    pub(crate) fn seen(&mut self, expression: &str) -> Value {
        let question = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.ask("Runtime.evaluate", &question);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn press_tab(&mut self) {
        for kind in ["rawKeyDown", "keyUp"] {
            let key = json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
            self.ask("Input.dispatchKeyEvent", &key);
        }
    }

    pub(crate) fn reload_without_javascript(&mut self) {
        self.ask("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
        self.events.clear();
        self.ask("Page.reload", &json!({}));
        self.wait_for_load();
    }

    fn wait_for_load(&mut self) {
        while self.told("Page.loadEventFired").next().is_none() {
            let event = self.read();
            self.events.push(event);
        }
    }

    /// From now on it is seen as on paper.
    pub(crate) fn print(&mut self) {
        self.ask("Emulation.setEmulatedMedia", &json!({"media": "print"}));
        // What was folded away is there from the next frame on.
        let frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.seen(frames);
    }

    /// What came with the events of this kind.
    pub(crate) fn told(&self, event: &str) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(move |told| told["method"] == event).map(|told| &told["params"])
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let mut question = json!({"id": self.asked, "method": method, "params": params});
        if let Some(session) = &self.session {
            question["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{question}\0").as_bytes()).unwrap();
        loop {
            let mut message = self.read();
            if message["id"] == self.asked {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn read(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "Chromium has gone");
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.browser.kill().ok();
        self.browser.wait().ok();
    }
}

fn program() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}
