//! Carries requests into the destinations without a network: with latency before and after the
//! work, and faults by the weather.

use crate::{dice::Dice, judge::Judge, scenario::Window};
use async_trait::async_trait;
use bytes::Bytes;
use destination::{Answer, Lost, Wire};
use http::{HeaderValue, Request, Response, header};
use jiff::{Timestamp, fmt::rfc2822};
use sandbox::{Carried, Double, Effect};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time};

/// The longest time that one call takes.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The way from a machine to one destination.
pub(crate) struct SimWire {
    pub(crate) destination: usize,
    pub(crate) double: Arc<Double>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) judge: Arc<Judge>,
}

/// What becomes of one request.
#[derive(Default)]
struct Fate {
    before: Duration,
    after: Duration,
    effect: Option<Effect>,
    /// It never gets there.
    is_lost: bool,
    /// Seconds, or something like it, that the answer asks to wait.
    retry_after: Option<u64>,
}

#[async_trait]
impl Wire for SimWire {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let is_login = is_login(request.url().path());
        let fate = self.cursed(&request).unwrap_or_else(|| self.fate(is_login));
        let flight = self.judge.sent(self.destination, is_login, || {
            format!(
                "{} {} ({:?}{})",
                request.method(),
                request.url().path(),
                fate.effect,
                if fate.is_lost { ", lost" } else { "" }
            )
        });
        if fate.is_lost {
            // Told before the wait, in which the machine may be killed: nobody else would end it.
            self.judge.nobody_there(flight.number);
            time::sleep(fate.before).await;
            return Err(Lost::Unreachable("simulated".to_owned()));
        }
        let (mut sender, receiver) = oneshot::channel();
        let (number, request) = (flight.number, carried_request(request, self.tells_hosts()));
        let (judge, double, destination) = (
            Arc::clone(&self.judge),
            Arc::clone(&self.double),
            self.destination,
        );
        let per_record = self.per_record();
        // On its own: what is on its way arrives, whatever becomes of the machine that sent it.
        tokio::spawn(async move {
            time::sleep(fate.before).await;
            let Carried {
                answer, changes, ..
            } = &double.carry(request, fate.effect);
            judge.wrote(number, destination, changes);
            let after = fate.after + per_record * u32::try_from(changes.len()).unwrap_or(u32::MAX);
            let waited_for = after.min(REQUEST_TIMEOUT.saturating_sub(fate.before));
            if waited_for < after && after > fate.after {
                judge.fault("too much at a time");
            }
            let _ = time::timeout(waited_for, sender.closed()).await;
            judge.answered(number);
            let _ = time::timeout(after.saturating_sub(waited_for), sender.closed()).await;
            let answer = answer
                .clone()
                .map(|answer| asking_for_patience(answer, fate.retry_after));
            let answer = answer.map(|answer| dated(answer, judge.clock.truth()));
            // The machine may be gone.
            let _ = sender.send(answer);
        });
        let answer = time::timeout(REQUEST_TIMEOUT, receiver).await;
        drop(flight);
        match answer {
            Ok(Ok(Some(answer))) => Ok(Answer {
                status: answer.status().as_u16(),
                headers: answer.headers().clone(),
                body: answer.into_body().to_vec(),
            }),
            Ok(_) => Err(Lost::CutOff("simulated".to_owned())),
            Err(_) => Err(Lost::TimedOut("simulated".to_owned())),
        }
    }
}

impl SimWire {
    /// How long the destination takes for each record now.
    fn per_record(&self) -> Duration {
        let scenario = &self.judge.scenario;
        let is_healed = self.judge.clock.elapsed() >= scenario.healed;
        if is_healed {
            Duration::ZERO
        } else {
            scenario.destinations[self.destination].per_record
        }
    }

    fn tells_hosts(&self) -> bool {
        self.judge.scenario.destinations[self.destination].system == "salesforce"
    }

    fn fate(&self, is_login: bool) -> Fate {
        let dice = &self.dice;
        let (now, scenario) = (self.judge.clock.elapsed(), &self.judge.scenario);
        let target = &scenario.destinations[self.destination];
        let calm = Fate {
            before: dice.span(Duration::from_millis(60)),
            after: dice.span(Duration::from_millis(120)),
            ..Fate::default()
        };
        if now >= scenario.healed {
            return calm;
        }
        match target.sky.at(now) {
            Some(window) => self.under(window, target.system, is_login, calm),
            None if dice.chance(scenario.wire_trouble) => self.fault(calm),
            None => calm,
        }
    }

    /// A request that writes one of the orders over which the destination fails: of every second
    /// one it does not even tell.
    fn cursed(&self, request: &reqwest::Request) -> Option<Fate> {
        let scenario = &self.judge.scenario;
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .filter(|_| !scenario.cursed.is_empty())?;
        let text = String::from_utf8_lossy(body);
        let order = scenario
            .cursed
            .iter()
            .find(|order| text.contains(&format!("q{order}c")))?;
        if self.judge.clock.elapsed() >= scenario.healed {
            return None;
        }
        self.judge.fault("a cursed order");
        let is_silent = order % 2 == 0;
        Some(Fate {
            after: if is_silent {
                REQUEST_TIMEOUT * 2
            } else {
                Duration::from_millis(200)
            },
            effect: Some(Effect::Status(500)),
            ..Fate::default()
        })
    }

    fn under(&self, window: Window, system: &str, is_login: bool, calm: Fate) -> Fate {
        let (name, effect) = match window {
            Window::Gone => {
                self.judge.fault("unreachable");
                return Fate {
                    is_lost: true,
                    ..calm
                };
            }
            Window::Slow => {
                let before = self.dice.span(Duration::from_secs(12));
                let after = self.dice.span(Duration::from_secs(25));
                self.judge.fault("slow");
                return Fate {
                    before,
                    after,
                    ..calm
                };
            }
            Window::Flaky if self.dice.chance(500) => return self.fault(calm),
            Window::Flaky => return calm,
            Window::Down => ("down", Effect::Status(503)),
            Window::Maintenance => ("maintenance page", Effect::Html),
            Window::Spent => ("daily limit", Effect::RequestLimit),
            Window::Revoked if is_login => ("login refused", Effect::RefuseLogin),
            Window::Revoked if system == "netsuite" => ("signature refused", Effect::Status(401)),
            Window::Revoked => ("token ended", Effect::ExpireTokens),
        };
        self.judge.fault(name);
        Fate {
            effect: Some(effect),
            ..calm
        }
    }

    /// A fault of its own.
    fn fault(&self, calm: Fate) -> Fate {
        let dice = &self.dice;
        let (name, effect) = match dice.below(17) {
            0 => {
                self.judge.fault("unreachable");
                return Fate {
                    is_lost: true,
                    ..calm
                };
            }
            1 => ("cut before the work", Effect::DropBeforeWork),
            2 | 3 => ("cut after the work", Effect::DropAfterCommit),
            4 => ("answer cut in half", Effect::TruncateAnswer),
            5 => ("status 500", Effect::Status(500)),
            6 => ("status 502 or 504", Effect::Status(*dice.pick(&[502, 504]))),
            7 => ("status 503", Effect::Status(503)),
            8 => ("status 503 after the work", Effect::StatusAfterCommit(503)),
            9 => ("status 429", Effect::Status(429)),
            10 => ("maintenance page", Effect::Html),
            11 | 12 => ("row locked", Effect::LockRow),
            13 => ("token ended", Effect::ExpireTokens),
            14 => ("request limit", Effect::RequestLimit),
            15 => ("status 401", Effect::Status(401)),
            _ => {
                self.judge.fault("answer too late");
                let after = REQUEST_TIMEOUT + dice.span(Duration::from_secs(60));
                return Fate { after, ..calm };
            }
        };
        self.judge.fault(name);
        if matches!(effect, Effect::Status(429) | Effect::RequestLimit) {
            self.judge.limited(self.destination);
        }
        let asks = matches!(effect, Effect::Status(429 | 503)) && dice.chance(500);
        Fate {
            effect: Some(effect),
            retry_after: asks.then(|| *dice.pick(&[1, 5, 30, 120])),
            ..calm
        }
    }
}

fn is_login(path: &str) -> bool {
    path.ends_with("/token")
}

/// `with_host`: the system tells its addresses apart.
fn carried_request(request: reqwest::Request, with_host: bool) -> Request<Bytes> {
    let body = request
        .body()
        .and_then(|body| body.as_bytes())
        .map(Bytes::copy_from_slice);
    let mut carried = Request::new(body.unwrap_or_default());
    *carried.method_mut() = request.method().clone();
    let url = request.url();
    let target = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    *carried.uri_mut() = target.parse().unwrap_or_default();
    *carried.headers_mut() = request.headers().clone();
    let host = url
        .host_str()
        .and_then(|host| HeaderValue::from_str(host).ok());
    if let Some(host) = host.filter(|_| with_host) {
        carried.headers_mut().insert(header::HOST, host);
    }
    carried
}

fn asking_for_patience(mut answer: Response<Bytes>, seconds: Option<u64>) -> Response<Bytes> {
    if let Some(seconds) = seconds {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// By its own clock, which is right.
fn dated(mut answer: Response<Bytes>, now: Timestamp) -> Response<Bytes> {
    let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}
