-- A film rental: payments in partitions, store and staff that refer to each other, address chains.
CREATE TYPE film_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE DOMAIN release_year AS integer CHECK (VALUE BETWEEN 1901 AND 2155);

CREATE TABLE country (
    country_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country text NOT NULL,
    last_update timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE city (
    city_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    country_id integer NOT NULL REFERENCES country,
    last_update timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE address (
    address_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address varchar(50) NOT NULL,
    address2 varchar(50),
    district varchar(20) NOT NULL,
    city_id integer NOT NULL REFERENCES city,
    postal_code varchar(10),
    phone varchar(20) NOT NULL,
    last_update timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE language (
    language_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name char(20) NOT NULL,
    last_update timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE category (
    category_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(25) NOT NULL
);
CREATE TABLE actor (
    actor_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL
);
CREATE TABLE film (
    film_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title varchar(255) NOT NULL,
    description text,
    release_year release_year,
    language_id integer NOT NULL REFERENCES language,
    original_language_id integer REFERENCES language,
    rental_duration smallint NOT NULL DEFAULT 3,
    rental_rate numeric(4,2) NOT NULL DEFAULT 4.99,
    length smallint,
    rating film_rating DEFAULT 'G',
    special_features text[],
    fulltext tsvector NOT NULL
);
COMMENT ON TABLE film IS 'What can be rented; one row a title, however many discs there are.';
COMMENT ON COLUMN film.rental_rate IS 'For the whole of rental_duration: not a day.';
CREATE TABLE film_actor (
    actor_id integer NOT NULL REFERENCES actor,
    film_id integer NOT NULL REFERENCES film,
    PRIMARY KEY (actor_id, film_id)
);
CREATE TABLE film_category (
    film_id integer NOT NULL REFERENCES film,
    category_id integer NOT NULL REFERENCES category,
    PRIMARY KEY (film_id, category_id)
);
CREATE TABLE store (
    store_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    manager_staff_id integer NOT NULL,
    address_id integer NOT NULL REFERENCES address
);
CREATE TABLE staff (
    staff_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    address_id integer NOT NULL REFERENCES address,
    email varchar(50),
    store_id integer NOT NULL REFERENCES store DEFERRABLE INITIALLY DEFERRED,
    active boolean NOT NULL DEFAULT true,
    username varchar(16) NOT NULL,
    password varchar(40),
    picture bytea
);
ALTER TABLE store ADD FOREIGN KEY (manager_staff_id) REFERENCES staff
    DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE customer (
    customer_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id integer NOT NULL REFERENCES store,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    contact varchar(60),
    address_id integer NOT NULL REFERENCES address,
    activebool boolean NOT NULL DEFAULT true,
    create_date date NOT NULL DEFAULT current_date
);
CREATE TABLE inventory (
    inventory_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    film_id integer NOT NULL REFERENCES film,
    store_id integer NOT NULL REFERENCES store
);
CREATE TABLE rental (
    rental_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rental_date timestamp NOT NULL,
    inventory_id integer NOT NULL REFERENCES inventory,
    customer_id integer NOT NULL REFERENCES customer,
    return_date timestamp,
    staff_id integer NOT NULL REFERENCES staff
);
CREATE TABLE payment (
    payment_id integer GENERATED ALWAYS AS IDENTITY,
    customer_id integer NOT NULL REFERENCES customer,
    staff_id integer NOT NULL REFERENCES staff,
    rental_id integer NOT NULL REFERENCES rental,
    amount numeric(5,2) NOT NULL,
    payment_date timestamp NOT NULL,
    PRIMARY KEY (payment_date, payment_id)
) PARTITION BY RANGE (payment_date);
CREATE TABLE payment_p2022_01 PARTITION OF payment
    FOR VALUES FROM ('2022-01-01') TO ('2022-02-01');
CREATE TABLE payment_p2022_02 PARTITION OF payment
    FOR VALUES FROM ('2022-02-01') TO ('2022-03-01');
CREATE VIEW customer_list AS SELECT customer_id, first_name || ' ' || last_name AS name FROM customer;
CREATE MATERIALIZED VIEW rental_by_category AS
    SELECT category_id, count(*) FROM film_category GROUP BY category_id;

INSERT INTO country (country) SELECT 'Country ' || n FROM generate_series(1, 20) n;
INSERT INTO city (city, country_id) SELECT 'City ' || n, 1 + n % 20 FROM generate_series(1, 100) n;
INSERT INTO address (address, district, city_id, postal_code, phone)
    SELECT n || ' Long Lane', 'District', 1 + n % 100, lpad(n::text, 5, '0'), '555' || lpad(n::text, 7, '0')
    FROM generate_series(1, 300) n;
INSERT INTO language (name) VALUES ('English'), ('Italian');
INSERT INTO category (name) VALUES ('Action'), ('Drama');
INSERT INTO actor (first_name, last_name) SELECT 'A' || n, 'B' || n FROM generate_series(1, 50) n;
INSERT INTO film (title, description, release_year, language_id, special_features, fulltext)
    SELECT 'Film ' || n, repeat('a film ', 20), 2000, 1, '{Trailers,"Deleted Scenes"}', to_tsvector('film')
    FROM generate_series(1, 200) n;
INSERT INTO film_actor SELECT 1 + n % 50, 1 + n / 3 FROM generate_series(1, 590) n;
INSERT INTO film_category SELECT n, 1 + n % 2 FROM generate_series(1, 200) n;
BEGIN;
INSERT INTO store (manager_staff_id, address_id) VALUES (1, 1), (2, 2);
INSERT INTO staff (first_name, last_name, address_id, email, store_id, username)
    VALUES ('A', 'B', 3, 'a.b@example.org', 1, 'a'), ('C', 'D', 4, 'c.d@example.org', 2, 'c');
COMMIT;
INSERT INTO customer (store_id, first_name, last_name, contact, address_id)
    SELECT 1 + n % 2, 'F' || n, 'L' || n, 'f' || n || '@example.org', 1 + n % 300
    FROM generate_series(1, 250) n;
INSERT INTO inventory (film_id, store_id) SELECT 1 + n % 200, 1 + n % 2 FROM generate_series(1, 900) n;
INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id)
    SELECT '2022-01-01'::timestamp + n * interval '30 min', 1 + n % 900, 1 + n % 250, 1 + n % 2
    FROM generate_series(1, 2500) n;
INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date)
    SELECT 1 + n % 250, 1 + n % 2, n, 4.99, '2022-01-01'::timestamp + n * interval '30 min'
    FROM generate_series(1, 2500) n;
ANALYZE;
