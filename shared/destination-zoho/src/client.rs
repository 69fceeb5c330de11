use crate::{
    config::Settings,
    coql::{PAGE, Query},
    credits, error,
    question::{Question, page},
    row::Row,
};
use destination::{Access, Answer, Call, Class, Failure, Http, Retry, json::list};
use ports::{Budget, Clock, Token};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::Semaphore;

/// The number of parts that a composite request takes at most (Composite Requests, Limits).
const PARTS: usize = 5;
/// Most pages that a query may answer; more are a mistake of the mapping: COQL itself ends at 2,000
/// rows.
const MOST_PAGES: usize = 10;

/// The state of one organisation for as long as the adapter lives.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    /// A composite request weighs as much as five calls against the limit of calls at once, so
    /// there is one at a time.
    composites: Semaphore,
    /// Whether the organisation or its token has refused composite requests; questions are then
    /// asked one by one.
    no_composites: AtomicBool,
    /// Whether a token was renewed because the present one lacked a scope.
    has_renewed_scopes: AtomicBool,
    /// The budget as the API's last answer told it.
    budget: Mutex<Option<Budget>>,
}

/// The requests to one organisation within one call.
pub(crate) struct Client<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) call: &'a Call,
}

impl Connection {
    pub(crate) fn new(
        http: Http,
        access: Access,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            http,
            access,
            settings,
            clock,
            composites: Semaphore::new(1),
            no_composites: AtomicBool::new(false),
            has_renewed_scopes: AtomicBool::new(false),
            budget: Mutex::default(),
        }
    }

    /// Returns how much the organisation may still spend, where the settings say how much it has.
    pub(crate) fn budget(&self) -> Option<Budget> {
        self.budget
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the body of the composite request that asks these questions.
    pub(crate) fn composite_body(&self, questions: &[Question]) -> Value {
        let part = |(number, question): (usize, &Question)| {
            let (method, path, body) = question.request(0);
            let mut part = json!({"sub_request_id": format!("q{number}"), "method": method.as_str(), "uri": self.path(&path)});
            if let (Some(part), Some(body)) = (part.as_object_mut(), body) {
                part.insert("body".to_owned(), body);
            }
            part
        };
        let parts: Vec<Value> = questions.iter().enumerate().map(part).collect();
        json!({ "__composite_requests": parts })
    }

    /// Returns a path as Zoho sees it, such as `/crm/v8/Deals/upsert`.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("/crm/{}{path}", self.settings.api_version)
    }

    /// Returns whether a new token may have a scope that the present one lacks: the refresh token may
    /// be another one by now, which is found out once.
    fn may_have_more_scopes(&self, answer: &Answer) -> bool {
        error::lacks_scope(answer) && !self.has_renewed_scopes.swap(true, Ordering::Relaxed)
    }

    fn note_credits(&self, answer: &Answer) {
        let Some(limit) = self.settings.daily_credits else {
            return;
        };
        if let Some(budget) = credits::of_answer(answer, limit, self.clock.now()) {
            *self.budget.lock().unwrap_or_else(PoisonError::into_inner) = Some(budget);
        }
    }
}

impl Client<'_> {
    /// Returns the rows that answer each of the questions, in one call for up to five of them.
    pub(crate) async fn ask(&self, questions: &[Question]) -> Result<Vec<Vec<Row>>, Failure> {
        let mut answers = Vec::new();
        for chunk in questions.chunks(PARTS) {
            if chunk.len() > 1 && !self.connection.no_composites.load(Ordering::Relaxed) {
                if let Some(rows) = self.ask_together(chunk).await? {
                    answers.extend(rows);
                    continue;
                }
                self.connection.no_composites.store(true, Ordering::Relaxed);
            }
            for question in chunk {
                answers.push(self.ask_one(question).await?);
            }
        }
        Ok(answers)
    }

    /// Gets a token now, even where there is a good one.
    pub(crate) async fn renewed_token(&self) -> Result<Token, Failure> {
        self.connection.access.renewed(self.call).await
    }

    /// Returns the present token, or gets one.
    pub(crate) async fn token(&self) -> Result<Token, Failure> {
        self.connection.access.token(self.call).await
    }

    /// Writes records of one module. Returns one entry per record, in their order.
    pub(crate) async fn write(&self, path: &str, body: &Value) -> Result<Vec<Value>, Failure> {
        let wanted = list(body, "data").len();
        let answer = self.call("write", Method::POST, path, Some(body)).await?;
        let results = answer
            .json()
            .map(|body| list(&body, "data").to_vec())
            .unwrap_or_default();
        let is_judged_one_by_one =
            matches!(answer.status, 200..=299 | 400 | 412) && results.len() == wanted;
        if is_judged_one_by_one
            && results
                .iter()
                .all(|result| result.get("code").is_some_and(Value::is_string))
        {
            return Ok(results);
        }
        Err(error::of_answer(
            "write",
            &answer,
            self.connection.clock.now(),
        ))
    }

    /// Returns Zoho's description of the organisation itself; `None` where the token may not ask
    /// for it (scope `ZohoCRM.org.READ`).
    pub(crate) async fn organisation(&self) -> Result<Option<Value>, Failure> {
        let answer = self.call("read", Method::GET, "/org", None).await?;
        if answer.status == 200 {
            return Ok(answer
                .json()
                .and_then(|body| body.pointer("/org/0").cloned()));
        }
        let failure = error::of_answer("read", &answer, self.connection.clock.now());
        if failure.is_transient() && failure.class != Class::Authentication {
            return Err(failure);
        }
        tracing::info!(
            destination = self.connection.settings.name,
            code = failure.code,
            "Zoho does not tell the organisation's currency (scope ZohoCRM.org.READ)"
        );
        Ok(None)
    }

    /// Asks the questions in one composite request; `None` where composite requests as such are
    /// refused.
    async fn ask_together(&self, questions: &[Question]) -> Result<Option<Vec<Vec<Row>>>, Failure> {
        let body = self.connection.composite_body(questions);
        let turn = self.connection.composites.acquire().await;
        let answer = self
            .call("read", Method::POST, "/__composite_requests", Some(&body))
            .await;
        drop(turn);
        let answer = answer?;
        let parts = answer
            .json()
            .map(|body| list(&body, "__composite_requests").to_vec())
            .unwrap_or_default();
        if parts.len() != questions.len() {
            let failure = error::of_answer("read", &answer, self.connection.clock.now());
            if !refuses_composites(&failure) {
                return Err(failure);
            }
            tracing::info!(
                destination = self.connection.settings.name,
                code = failure.code,
                "composite requests are refused (scope ZohoCRM.composite_requests.CUSTOM); questions are asked one by one"
            );
            return Ok(None);
        }
        let mut rows = Vec::new();
        for (part, question) in parts.iter().zip(questions) {
            let Some(inner) = part.pointer("/details/response") else {
                return Err(error::of_part("read", answer.status, part));
            };
            let status = inner
                .get("status_code")
                .and_then(Value::as_u64)
                .and_then(|status| u16::try_from(status).ok())
                .ok_or_else(|| error::unreadable("read"))?;
            let page = match page(
                "read",
                status,
                inner.get("body").unwrap_or(&Value::Null),
                question,
            ) {
                Ok(page) => page,
                Err(failure) => return Err(self.of_record_or_module(question, failure).await),
            };
            // A part answers 25 rows at most; a question with more is asked again alone.
            rows.push(if page.has_more {
                self.ask_one(question).await?
            } else {
                page.rows
            });
        }
        Ok(Some(rows))
    }

    async fn ask_one(&self, question: &Question) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for number in 0..MOST_PAGES {
            let (method, path, body) = question.request(number * PAGE);
            let answer = self.call("read", method, &path, body.as_ref()).await?;
            let is_answer = answer.status == 204
                || (answer.status == 200 && answer.json().is_some())
                || question.is_gone(answer.status);
            if !is_answer {
                let failure = error::of_answer("read", &answer, self.connection.clock.now());
                return Err(Box::pin(self.of_record_or_module(question, failure)).await);
            }
            let page = page(
                "read",
                answer.status,
                &answer.json().unwrap_or_default(),
                question,
            )
            .map_err(|failure| question.quoted_in(failure))?;
            rows.extend(page.rows);
            if !page.has_more {
                return Ok(rows);
            }
        }
        let text = "a question of the mapping matches more than 2,000 records in Zoho; its key or conditions match too much";
        Err(Failure::permanent(Class::Mapping, "read", text))
    }

    /// Finds out what a refusal to read a single record is about: the record is out of the user's
    /// reach, or its whole module is, which a query that concerns no record shows. Only the latter
    /// concerns every order.
    async fn of_record_or_module(&self, question: &Question, failure: Failure) -> Failure {
        let failure = question.quoted_in(failure);
        let is_forbidden = matches!(
            failure.code.as_deref(),
            Some("NO_PERMISSION" | "AUTHORIZATION_FAILED")
        );
        let Question::Record { module, id, .. } = question else {
            return failure;
        };
        let neutral = Query::new(module).map(Question::Query);
        match neutral {
            Ok(neutral) if is_forbidden && self.ask_one(&neutral).await.is_ok() => Failure {
                class: Class::Validation,
                retry: Retry::Never,
                message: format!(
                    "record {id} of {module} is out of the user's reach, though other records of the module are not: share it with the user (role, sharing rule), then replay. {}",
                    failure.message
                ),
                ..failure
            },
            _ => failure,
        }
    }

    /// Makes one call, below the version's path. The token is renewed once where it has expired.
    async fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.call_unless(error::is_expired_token, operation, method, path, body)
            .await
    }

    /// Makes one call for which the token is also renewed where it lacks a scope.
    pub(crate) async fn set_up(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let is_refused = |answer: &Answer| {
            error::is_expired_token(answer) || self.connection.may_have_more_scopes(answer)
        };
        self.call_unless(is_refused, operation, method, path, body)
            .await
    }

    /// Makes one call, with a new token where the answer shows that the present one is refused.
    async fn call_unless(
        &self,
        is_refused: impl Fn(&Answer) -> bool,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let send = |token: Token| self.send(operation, method.clone(), path, body, token);
        let answer = self
            .connection
            .access
            .call(self.call, is_refused, send)
            .await?;
        tracing::debug!(
            destination = self.connection.settings.name,
            operation,
            path,
            status = answer.status,
            ms = begun.elapsed().as_millis(),
            "called Zoho"
        );
        Ok(answer)
    }

    async fn send(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        token: Token,
    ) -> Result<Answer, Failure> {
        let url = format!("{}{}", token.base_url, self.connection.path(path));
        let mut request = self
            .connection
            .http
            .request(method, &url)
            .header("Authorization", format!("Zoho-oauthtoken {}", token.value));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self
            .connection
            .http
            .send(self.call, operation, request)
            .await?;
        self.connection.note_credits(&answer);
        Ok(answer)
    }
}

fn refuses_composites(failure: &Failure) -> bool {
    let codes = [
        "OAUTH_SCOPE_MISMATCH",
        "NOT_SUPPORTED",
        "INVALID_URL_PATTERN",
        "INVALID_REQUEST_METHOD",
        "AUTHORIZATION_FAILED",
        "NO_PERMISSION",
    ];
    failure
        .code
        .as_deref()
        .is_some_and(|code| codes.contains(&code))
}
