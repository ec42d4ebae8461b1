-- A trading company: names with blanks and capitals, an employee who reports to another, a second
-- schema, keys that are text, and a customer table of the size that the warehouse keeps.
CREATE SCHEMA "Sales Dept";
CREATE SCHEMA crm;
SET search_path = "Sales Dept";
CREATE TABLE "Employees" (
    "EmployeeID" smallint PRIMARY KEY,
    "LastName" varchar(20) NOT NULL,
    "FirstName" varchar(10) NOT NULL,
    "Title" varchar(30),
    "BirthDate" date,
    "HireDate" date,
    "Home Phone" varchar(24),
    "Photo" bytea,
    "Notes" text,
    "ReportsTo" smallint REFERENCES "Employees"
);
CREATE TABLE crm."Customers" (
    "CustomerID" char(5) PRIMARY KEY,
    "CompanyName" varchar(40) NOT NULL,
    "ContactName" varchar(30),
    "Address" varchar(60),
    "City" varchar(15),
    "PostalCode" varchar(10),
    "Country" varchar(15),
    "Phone" varchar(24),
    "Region Code" varchar(8)
);
CREATE TABLE crm."Regions" ("Region Code" varchar(8) PRIMARY KEY, "Name" varchar(40));
ALTER TABLE crm."Customers" ADD FOREIGN KEY ("Region Code") REFERENCES crm."Regions";
CREATE TABLE "Shippers" (
    "ShipperID" smallint PRIMARY KEY, "CompanyName" varchar(40) NOT NULL, "Phone" varchar(24)
);
CREATE TABLE "Suppliers" (
    "SupplierID" smallint PRIMARY KEY,
    "CompanyName" varchar(40) NOT NULL,
    "Contact Name" varchar(30),
    "HomePage" text
);
CREATE TABLE "Categories" (
    "CategoryID" smallint PRIMARY KEY, "CategoryName" varchar(15) NOT NULL, "Description" text
);
CREATE TABLE "Products" (
    "ProductID" smallint PRIMARY KEY,
    "ProductName" varchar(40) NOT NULL,
    "SupplierID" smallint REFERENCES "Suppliers",
    "CategoryID" smallint REFERENCES "Categories",
    "UnitPrice" numeric,
    "Discontinued" boolean NOT NULL
);
CREATE TABLE "Orders" (
    "OrderID" integer PRIMARY KEY,
    "CustomerID" char(5) REFERENCES crm."Customers",
    "EmployeeID" smallint REFERENCES "Employees",
    "OrderDate" date,
    "ShipVia" smallint REFERENCES "Shippers",
    "Freight" real,
    "ShipName" varchar(40),
    "ShipAddress" varchar(60),
    "Billed To" char(5) REFERENCES crm."Customers"
);
CREATE TABLE "Order Details" (
    "OrderID" integer NOT NULL REFERENCES "Orders",
    "ProductID" smallint NOT NULL REFERENCES "Products",
    "UnitPrice" real NOT NULL,
    "Quantity" smallint NOT NULL,
    "Discount" real NOT NULL,
    PRIMARY KEY ("OrderID", "ProductID")
);
CREATE TABLE "EmployeeTerritories" (
    "EmployeeID" smallint NOT NULL REFERENCES "Employees",
    "TerritoryID" varchar(20) NOT NULL,
    PRIMARY KEY ("EmployeeID", "TerritoryID")
);
-- No key, so no update of it is in the log; and one whose unique key stands for it.
CREATE TABLE "Audit Log" (at timestamptz, who text, what jsonb);
CREATE TABLE crm."Newsletter" (
    "Subscriber" integer NOT NULL UNIQUE,
    "CustomerID" char(5) NOT NULL REFERENCES crm."Customers",
    "Sent To" varchar(80)
);
CREATE TABLE "US States" (
    "StateID" smallint PRIMARY KEY, "StateName" varchar(100), "StateAbbr" varchar(2)
);

INSERT INTO "Employees" SELECT n, 'L' || n, 'F' || n, 'Sales', '1970-01-01', '2000-01-01', NULL,
    NULL, repeat('long text ', 200), nullif(n - 1, 0) FROM generate_series(1, 9) n;
INSERT INTO crm."Regions" SELECT 'R' || n, 'Region ' || n FROM generate_series(1, 4) n;
INSERT INTO crm."Customers" SELECT 'C' || lpad(n::text, 4, '0'), 'Company', 'Somebody', 'Street 1',
    'Town', '12345', 'Country', '0221-123456', 'R' || 1 + n % 4 FROM generate_series(1, 700) n;
INSERT INTO "Shippers" VALUES (1, 'Fast', '(503) 555-9831');
INSERT INTO "Suppliers" SELECT n, 'Supplier', 'Contact', 'page' FROM generate_series(1, 6) n;
INSERT INTO "Categories" SELECT n, 'Category', 'Description' FROM generate_series(1, 6) n;
INSERT INTO "Products" SELECT n, 'Product ' || n, 1 + n % 6, 1 + n % 6, n / 3.0, false
    FROM generate_series(1, 70) n;
INSERT INTO "Orders" SELECT n, 'C' || lpad((1 + n % 700)::text, 4, '0'), 1 + n % 9, '2020-01-01', 1,
    1.5, 'Ship', 'Street 2', 'C0001' FROM generate_series(1, 800) n;
INSERT INTO "Order Details" SELECT 1 + n % 800, 1 + n / 800, 1, 1, 0 FROM generate_series(0, 2000) n;
INSERT INTO "EmployeeTerritories" SELECT n, 'T' || n FROM generate_series(1, 9) n;
INSERT INTO crm."Newsletter" SELECT n, 'C0001', 'n' || n || '@example.org' FROM generate_series(1, 300) n;
INSERT INTO "US States" SELECT n, 'State', 'ST' FROM generate_series(1, 51) n;
ANALYZE;
-- What the planner would expect of a company with more customers than a test can have.
UPDATE pg_class SET reltuples = 2400000 WHERE oid = 'crm."Customers"'::regclass;
