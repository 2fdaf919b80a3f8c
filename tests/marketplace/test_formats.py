"""The files look like the published ones, down to what trips a reader of CSV files."""

import re
from datetime import date

import pytest

from marketplace.currencies import CURRENCIES

HEADERS = {
    "olist/olist_orders_dataset.csv": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
    ),
    "olist/olist_order_items_dataset.csv": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
    ),
    "olist/olist_order_reviews_dataset.csv": (
        "review_id,order_id,review_score,review_comment_title,review_comment_message,"
        "review_creation_date,review_answer_timestamp"
    ),
    "olist/olist_customers_dataset.csv": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"
    ),
    "olist/olist_products_dataset.csv": (
        '"product_id","product_category_name","product_name_lenght","product_description_lenght","product_photos_qty",'
        '"product_weight_g","product_length_cm","product_height_cm","product_width_cm"'
    ),
    "olist/olist_sellers_dataset.csv": '"seller_id","seller_zip_code_prefix","seller_city","seller_state"',
    "olist/product_category_name_translation.csv": (
        "\N{ZERO WIDTH NO-BREAK SPACE}product_category_name,product_category_name_english"
    ),
    "olist/olist_marketing_qualified_leads_dataset.csv": "mql_id,first_contact_date,landing_page_id,origin",
    "olist/olist_closed_deals_dataset.csv": (
        "mql_id,seller_id,sdr_id,sr_id,won_date,business_segment,lead_type,lead_behaviour_profile,has_company,has_gtin,"
        "average_stock,business_type,declared_product_catalog_size,declared_monthly_revenue"
    ),
    "olist/olist_order_payments_dataset.csv": ("order_id,payment_sequential,payment_type,payment_installments,payment_value"),
    "ecb_fx/eurofxref-hist.csv": f"Date,{','.join(currency.code for currency in CURRENCIES)},",
}

IDENTIFIER = r"[0-9a-f]{32}"
MAYBE_QUOTED = r'("\d[0-9a-f]{31}"|[a-f][0-9a-f]{31})'
TIME = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"
MONEY = r"\d+\.\d\d"

LINES = {
    "olist/olist_orders_dataset.csv": f"{IDENTIFIER},{IDENTIFIER},[a-z]+,{TIME},({TIME})?,({TIME})?,({TIME})?,{TIME}",
    "olist/olist_order_items_dataset.csv": f"{IDENTIFIER},[1-4],{IDENTIFIER},{IDENTIFIER},{TIME},{MONEY},{MONEY}",
    "olist/olist_customers_dataset.csv": rf"{IDENTIFIER},{IDENTIFIER},\d{{5}},[a-z ]+,[A-Z]{{2}}",
    "olist/olist_products_dataset.csv": rf"{MAYBE_QUOTED},[a-z_]*(,\d*){{7}}",
    "olist/olist_sellers_dataset.csv": rf'{MAYBE_QUOTED},"\d{{5}}",([a-zã ]+|"[a-zã ]+, brasil"),[A-Z]{{2}}',
    "olist/olist_marketing_qualified_leads_dataset.csv": rf"{IDENTIFIER},201[78]-\d\d-\d\d,{IDENTIFIER},[a-z_]*",
    "olist/olist_closed_deals_dataset.csv": (
        rf'({IDENTIFIER},){{4}}{TIME},[a-z_]+,[a-z_]*,([a-z]*|"[a-z]+, [a-z]+"),(True|False)?,(True|False)?,'
        r"[-+\w]*,[a-z]*,(\d+\.0)?,\d+\.0"
    ),
    "olist/olist_order_payments_dataset.csv": rf"{IDENTIFIER},\d,[a-z_]+,\d+,{MONEY}",
    "ecb_fx/eurofxref-hist.csv": r"\d{4}-\d\d-\d\d,((N/A|\d+|\d+\.\d*[1-9]),){41}",
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_the_published_ones(sample, name):
    first, _, _ = (sample.folder / name).read_text(encoding="utf-8").partition("\n")
    assert first == HEADERS[name]


def test_all_files_are_there_and_nothing_else(sample):
    assert {path.relative_to(sample.folder).as_posix() for path in sample.folder.glob("*/*")} == set(HEADERS)


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_written_as_published(sample, name):
    header, *lines, last = (sample.folder / name).read_bytes().decode("utf-8").split("\n")
    assert last == ""
    assert [line for line in lines if not re.fullmatch(LINES[name], line)] == []


def test_the_translation_has_a_byte_order_mark_windows_line_ends_and_none_at_its_end(sample):
    text = (sample.folder / "olist/product_category_name_translation.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfproduct_category_name,product_category_name_english\r\n")
    assert text.count(b"\r\n") == text.count(b"\n") == 48
    assert not text.endswith(b"\n")


def test_what_people_write_holds_commas_quotes_accents_and_line_ends(sample):
    text = (sample.folder / "olist/olist_order_reviews_dataset.csv").read_text(encoding="utf-8")
    assert ',"Chegou antes do prazo, muito bem embalado.",' in text
    assert ',"O anúncio dizia ""original"", mas não é.",' in text
    assert ',"Tudo certo com a entrega.\nComprarei de novo.",' in text


def test_exchange_rates_are_of_weekdays_newest_first(sample):
    days = [date.fromisoformat(day) for (day,) in sample.sql("SELECT Date FROM eurofxref_hist")]
    assert days == sorted(days, reverse=True)
    assert (days[0], days[-1]) == (date(2018, 12, 31), date(1999, 1, 4))
    assert max(day.weekday() for day in days) == 4


def test_real_and_dollar_are_quoted_at_plausible_rates_while_there_are_orders(sample):
    ((lowest_real, highest_real, lowest_dollar, highest_dollar),) = sample.sql("""
        SELECT min(BRL::DOUBLE), max(BRL::DOUBLE), min(USD::DOUBLE), max(USD::DOUBLE)
        FROM eurofxref_hist WHERE Date >= '2016-09-01'
    """)
    assert 3 < lowest_real < highest_real < 5
    assert 1 < lowest_dollar < highest_dollar < 1.3


def test_a_currency_is_quoted_only_while_it_was(sample):
    assert sample.sql("SELECT min(Date) FROM eurofxref_hist WHERE BRL <> 'N/A'") == [("2008-01-02",)]
    assert sample.sql("SELECT max(Date) FROM eurofxref_hist WHERE SKK <> 'N/A'") == [("2008-12-31",)]
