-- A bicycle shop on MySQL: keys that are compared without case, zero dates, unsigned numbers, two
-- databases, small numbers that are not truth values, and what no table is.
CREATE DATABASE bicycle_shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE workshop CHARACTER SET latin1 COLLATE latin1_swedish_ci;
USE workshop;
CREATE TABLE mechanic (
    mechanic_code varchar(12) PRIMARY KEY,
    name varchar(60) NOT NULL,
    speciality set('wheels', 'brakes', 'frames'),
    employed_since year
);
USE bicycle_shop;
CREATE TABLE brand (
    brand_code varchar(10) PRIMARY KEY,
    title varchar(60) NOT NULL COMMENT 'As on the frame; ''the'' is left out.'
) COMMENT = 'Who makes bicycles.';
CREATE TABLE bicycle (
    bicycle_id int unsigned AUTO_INCREMENT PRIMARY KEY,
    brand_code varchar(10) NOT NULL,
    frame_number varchar(30) COLLATE utf8mb4_bin NOT NULL,
    kind enum('city', 'mountain', 'cargo, with a box') NOT NULL DEFAULT 'city',
    gears tinyint unsigned,
    is_electric tinyint(1) NOT NULL DEFAULT 0,
    stars tinyint(1),
    weight float,
    price decimal(10, 2) unsigned,
    price_with_tax decimal(12, 2) AS (price * 1.19) STORED,
    photo mediumblob,
    built_on date,
    data json,
    label varchar(40) COMMENT 'In capitals, its values would look like account numbers.',
    place point,
    UNIQUE KEY frame (brand_code, frame_number),
    FOREIGN KEY (brand_code) REFERENCES brand (brand_code)
);
CREATE TABLE rider (
    rider_id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
    `first name` varchar(40),
    mail varchar(100) NOT NULL,
    reached_at varchar(100),
    birthday date,
    is_member bit(1) NOT NULL DEFAULT b'0',
    flags bit(12),
    remarks text,
    joined_at timestamp NULL
);
CREATE TABLE repair (
    repair_id int AUTO_INCREMENT PRIMARY KEY,
    bicycle_id int unsigned NOT NULL,
    rider_id bigint unsigned,
    mechanic_code varchar(12) CHARACTER SET latin1 NOT NULL,
    began_at datetime(6) NOT NULL,
    ended_on date,
    took time,
    part_number binary(16),
    minutes mediumint unsigned NOT NULL,
    FOREIGN KEY (bicycle_id) REFERENCES bicycle (bicycle_id),
    FOREIGN KEY (rider_id) REFERENCES rider (rider_id),
    FOREIGN KEY (mechanic_code) REFERENCES workshop.mechanic (mechanic_code)
) COMMENT = 'One row a visit.';
-- Neither has a key: a part of a column, and what may be null.
CREATE TABLE log_line (written_at datetime, line varchar(200), UNIQUE KEY beginning (line(20)));
CREATE TABLE visit (badge int, UNIQUE KEY badge (badge));
CREATE VIEW open_repair AS SELECT repair_id FROM repair WHERE ended_on IS NULL;
INSERT INTO workshop.mechanic VALUES ('Ann', 'Ann Example', 'wheels,brakes', 2015);
INSERT INTO brand VALUES ('ACME', 'Acme'), ('Rapid', 'Rapid');
INSERT INTO bicycle (brand_code, frame_number, is_electric, stars, built_on, data, label) VALUES
    ('acme', 'A1', 1, 5, '2019-00-00', '{"seat": "low"}', 'ab12cdef3456ghij'),
    ('RAPID', 'a1', 0, 3, '2020-05-17', NULL, 'cd34cdef3456ghij');
INSERT INTO rider (mail, reached_at, remarks)
    VALUES ('a@example.org', 'b@example.org', 'x'), ('c@example.org', 'd@example.org', NULL);
INSERT INTO repair (bicycle_id, rider_id, mechanic_code, began_at, ended_on, minutes)
    VALUES (1, 1, 'ann', '2024-02-29 10:00:00.000001', '0000-00-00', 30),
        (2, NULL, 'Ann', '2024-03-01 11:30:00', '2024-03-01', 16777215);
