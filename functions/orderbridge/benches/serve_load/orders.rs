//! Orders like a shop's: as different from each other, and as far from noise, as real ones are, so
//! that compression makes of them what it makes of a shop's.

use serde_json::{Map, Value, json};
use source::{Source, WebhookSecrets};
use source_woocommerce::WooCommerce;

pub(crate) const SECRET: &str = "an obviously fake secret of the load test";
/// The id of the first order.
pub(crate) const FIRST_ID: usize = 1_000_000;

/// A whole order as a shop posts it.
const ORDER: &str = include_str!("../../../../events/woocommerce/02-returning-customer.json");

const FIRST: [&str; 16] = [
    "Jane", "Ana", "Sofia", "Marek", "Liam", "Noor", "Yuki", "Pedro", "Ines", "Tom", "Aoife",
    "Lars", "Mina", "Olga", "Ravi", "Chen",
];
const LAST: [&str; 16] = [
    "Doe", "Silva", "Novak", "Kowalska", "O'Brien", "Haddad", "Tanaka", "Lopez", "Moreau", "Baker",
    "Byrne", "Olsen", "Farahani", "Petrova", "Iyer", "Wei",
];
const STREET: [&str; 8] = [
    "Main St",
    "High Street",
    "Rua Augusta",
    "Mill Lane",
    "Station Road",
    "Elm Avenue",
    "Quai Nord",
    "Lindenallee",
];
const CITY: [&str; 8] = [
    "Anytown",
    "Porto",
    "Brno",
    "Cork",
    "Leeds",
    "Lyon",
    "Kassel",
    "Springfield",
];
const GOODS: [&str; 16] = [
    "Polo",
    "Beanie",
    "Hoodie with Logo",
    "Linen Shirt",
    "Canvas Tote",
    "Merino Socks",
    "Rain Jacket",
    "Leather Belt",
    "Ceramic Mug",
    "Desk Lamp",
    "Notebook A5",
    "Trail Shoes",
    "Wool Blanket",
    "Travel Pillow",
    "Water Bottle",
    "Running Cap",
];
const COLOURS: [&str; 8] = [
    "Navy",
    "Sand",
    "Forest Green",
    "Black",
    "Off-White",
    "Rust",
    "Sky Blue",
    "Charcoal",
];

/// Returns a signed request with an order of about so many bytes; no two numbers make the same
/// order, customer or size.
pub(crate) fn request(number: usize, bytes: usize) -> Vec<u8> {
    let body = order(number, bytes);
    let secrets = WebhookSecrets::new(vec![SECRET.to_owned()]).unwrap();
    let headers: String = WooCommerce
        .sign("order.updated", body.as_bytes(), &secrets)
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "POST /webhooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Returns an order with as many lines as fit into the size.
pub(crate) fn order(number: usize, bytes: usize) -> String {
    let mut random = Random(number as u64 + 1);
    let mut order: Map<String, Value> = serde_json::from_str(ORDER).unwrap();
    fill(&mut order, FIRST_ID + number, &mut random);
    let mut lines = Vec::new();
    let mut length = serde_json::to_string(&order).unwrap().len();
    loop {
        let line = line(&mut random);
        length += line.to_string().len() + 1;
        if length > bytes && !lines.is_empty() {
            break;
        }
        lines.push(line);
    }
    order.insert("line_items".to_owned(), lines.into());
    let mut text = serde_json::to_string(&order).unwrap();
    // What is left is told by a plugin, as they do.
    let left = bytes.saturating_sub(text.len() + 40);
    let words: Vec<&str> = (0..left / 12).map(|_| random.of(&GOODS)).collect();
    text.truncate(text.len() - 1);
    format!(r#"{text},"_plugin_note":"{}"}}"#, words.join(" "))
}

fn fill(order: &mut Map<String, Value>, id: usize, random: &mut Random) {
    let (first, last) = (random.of(&FIRST), random.of(&LAST));
    let address = json!({
        "first_name": first, "last_name": last, "company": "",
        "address_1": format!("{} {}", random.below(400) + 1, random.of(&STREET)), "address_2": "",
        "city": random.of(&CITY), "state": "", "postcode": format!("{:05}", random.below(99_999)), "country": "US",
    });
    let mut billing = address.clone();
    billing["email"] = json!(format!("{}.{id}@example.com", first.to_lowercase()));
    billing["phone"] = json!(format!(
        "555-{:03}-{:04}",
        random.below(1000),
        random.below(10_000)
    ));
    let minute = format!("{:02}:{:02}", random.below(60), random.below(60));
    for (name, value) in [
        ("id", json!(id)),
        ("number", json!(id.to_string())),
        ("customer_id", json!(id)),
        (
            "order_key",
            json!(format!("wc_order_{:013x}", random.next() >> 12)),
        ),
        (
            "cart_hash",
            json!(format!("{:016x}{:016x}", random.next(), random.next())),
        ),
        (
            "transaction_id",
            json!(format!("ch_{:016x}", random.next())),
        ),
        (
            "customer_ip_address",
            json!(format!("192.0.2.{}", random.below(255))),
        ),
        ("total", json!(random.price())),
        ("shipping", address),
        ("billing", billing),
        ("date_created_gmt", json!(format!("2023-10-26T10:{minute}"))),
        (
            "date_modified_gmt",
            json!(format!("2023-10-26T10:{minute}")),
        ),
        ("date_paid_gmt", json!(format!("2023-10-26T10:{minute}"))),
        ("line_items", json!([])),
        ("shipping_lines", json!([])),
        (
            "_links",
            json!({"self": [{"href": format!("https://shop.example.com/wp-json/wc/v3/orders/{id}")}]}),
        ),
    ] {
        order.insert(name.to_owned(), value);
    }
}

fn line(random: &mut Random) -> Value {
    let (goods, colour, product) = (
        random.of(&GOODS),
        random.of(&COLOURS),
        random.below(9_000) + 100,
    );
    let (price, tax) = (random.price(), random.price());
    json!({
        "id": random.below(9_000_000), "name": format!("{goods} - {colour}"), "product_id": product,
        "variation_id": random.below(90_000), "quantity": random.below(4) + 1, "tax_class": "",
        "subtotal": price, "subtotal_tax": tax, "total": price, "total_tax": tax,
        "taxes": [{"id": 3, "total": tax, "subtotal": tax}],
        "meta_data": [{"id": random.below(9_000_000), "key": "pa_color", "value": colour.to_lowercase(), "display_key": "Color", "display_value": colour}],
        "sku": format!("{}-{product}", goods.to_lowercase().replace(' ', "-")), "price": price,
        "image": {"id": random.below(90_000).to_string(), "src": format!("https://shop.example.com/wp-content/uploads/2023/09/{product}.jpg")},
        "parent_name": goods,
    })
}

/// A series of numbers that is the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[(self.next() % words.len() as u64) as usize]
    }

    fn price(&mut self) -> String {
        format!("{}.{:02}", self.below(200) + 1, self.below(100))
    }
}
