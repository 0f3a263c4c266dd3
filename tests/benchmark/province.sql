-- What `province.py` adds to the groups and tips of `ketnoi demo`, past the triggers and foreign keys, which would
-- take an hour: what they derive is written here too. `names` is there already; all runs in one transaction.
CREATE TEMP TABLE communes ON COMMIT DROP AS
SELECT a.*, row_number() OVER (ORDER BY a.code)::int AS rank FROM areas a JOIN areas p ON p.id = a.parent_id
WHERE p.code = '82' AND p.valid_to IS NULL AND a.kind = 'COMMUNE' AND a.valid_to IS NULL;

CREATE TEMP TABLE hamlets ON COMMIT DROP AS
SELECT uuidv7() AS id, c.id AS commune, n, 'MAU-' || c.code || '-K' || n AS code, c.valid_from,
  'Ấp mẫu ' || n || ' ' || c.name AS name, c.name_key || lpad(n::text, 3, '0') AS name_key,
  'ap mau ' || n || ' ' || c.folded AS folded
FROM communes c, generate_series(1, 25) n;

INSERT INTO areas (id, version, created_at, updated_at, code, valid_from, name, name_key, folded, kind, parent_id)
SELECT id, 1, now(), now(), code, valid_from, name, name_key, folded, 'HAMLET', commune FROM hamlets;

INSERT INTO area_reach (ancestor_id, area_id)
SELECT r.ancestor_id, h.id FROM hamlets h JOIN area_reach r ON r.area_id = h.commune
UNION ALL SELECT id, id FROM hamlets;

INSERT INTO area_at (epoch, kind, area_id, home_id, precision)
SELECT t.epoch, t.kind, h.id, t.home_id, t.precision
FROM hamlets h JOIN area_at t ON t.area_id = h.commune AND t.epoch = h.valid_from
UNION ALL SELECT valid_from, 'HAMLET', id, id, 'EXACT' FROM hamlets;

-- Four officers, a commander and somebody of the Front for each commune.
CREATE TEMP TABLE people ON COMMIT DROP AS
SELECT uuidv7() AS id, c.id AS area, k, 'mau-' || c.code || '-' || k AS username, n.name, n.name_key, n.folded,
  CASE WHEN k <= 4 THEN 'OFFICER' WHEN k = 5 THEN 'COMMANDER' ELSE 'FRONT' END AS role
FROM communes c CROSS JOIN generate_series(1, 6) k JOIN names n ON n.n = c.rank * 6 + k;

INSERT INTO staff (id, version, created_at, updated_at, username, name, email, role, language, active, password_hash, renew_password,
  name_key, folded)
SELECT id, 1, now(), now(), username, name, '', role, 'vi', true, 'x', false, name_key, folded FROM people;

INSERT INTO staff_areas (id, area_id, staff_id) SELECT uuidv7(), area, id FROM people;

-- Groups lie in hamlets, and so does half of the tips of the last months; most of the open ones are assigned.
UPDATE groups g SET area_id = h.id FROM hamlets h
WHERE h.commune = g.area_id AND h.n = 1 + abs(hashtext(g.code)) % 25;

UPDATE tips t SET area_id = h.id FROM hamlets h
WHERE h.commune = t.area_id AND h.n = 1 + abs(hashtext(t.code)) % 25 AND abs(hashtext(t.code)) % 2 = 0
  AND t.received_at > now() - interval '150 days';

UPDATE tips t SET assignee_id = p.id FROM areas a, people p
WHERE a.id = t.area_id AND p.area = CASE a.kind WHEN 'HAMLET' THEN a.parent_id ELSE a.id END
  AND p.k = 1 + abs(hashtext(t.code)) % 4 AND abs(hashtext(t.code)) % 3 > 0
  AND t.status IN ('VERIFYING', 'ACTING') AND t.assignee_id IS NULL;

INSERT INTO members (id, version, created_at, updated_at, name, name_key, folded, role, joined_on, left_on, birth_year, group_id)
SELECT uuidv7(), 1, now(), now(), n.name, n.name_key, n.folded,
  CASE k WHEN 1 THEN 'HEAD' WHEN 2 THEN 'DEPUTY' WHEN 3 THEN 'SECRETARY' ELSE 'MEMBER' END,
  '2023-01-01', CASE WHEN k = 8 THEN date '2025-01-01' END, 1970, g.id
FROM groups g CROSS JOIN generate_series(1, 8) k
  JOIN names n ON n.n = abs(hashtext(g.code || k)) % (SELECT count(*) FROM names)
WHERE g.kind = 'SELF_GOVERNING' AND NOT EXISTS (SELECT FROM members o WHERE o.group_id = g.id);

-- Four of five hamlets have an officer, each had one before; half of the groups have a contact.
INSERT INTO assignments (id, version, created_at, updated_at, kind, officer_name, starts_on, ends_on, area_id, group_id, staff_id)
SELECT uuidv7(), 1, now(), now(), 'AREA_OFFICER', '', h.valid_from, NULL::date, h.id, NULL::uuid, p.id
FROM hamlets h JOIN people p ON p.area = h.commune AND p.k = 1 + h.n % 4 WHERE h.n % 5 > 0
UNION ALL
SELECT uuidv7(), 1, now(), now(), 'AREA_OFFICER', '', h.valid_from - 365, h.valid_from, h.id, NULL, p.id
FROM hamlets h JOIN people p ON p.area = h.commune AND p.k = 1 + (h.n + 1) % 4
UNION ALL
SELECT uuidv7(), 1, now(), now(), 'FRONT_CONTACT', '', h.valid_from, NULL, NULL, g.id, p.id
FROM groups g JOIN hamlets h ON h.id = g.area_id JOIN people p ON p.area = h.commune AND p.k = 6
WHERE abs(hashtext(g.code)) % 2 = 0;

-- An outline of each month of two years, handed down to every group: most received it, many discussed it.
CREATE TEMP TABLE monthly ON COMMIT DROP AS
SELECT uuidv7() AS id, n, (SELECT id FROM organisations ORDER BY id LIMIT 1) AS sender
FROM generate_series(1, 24) n;

INSERT INTO outlines (id, version, created_at, updated_at, code, edition, title, folded, topics, body, status, issued_on, organisation_id)
SELECT id, 1, now(), now() - n * interval '30 days', 'MAU-T-' || n, 1, 'Đề cương mẫu tháng ' || n,
  'de cuong mau thang ' || n || ' ' || repeat('an ninh trat tu dia ban to nhan dan ', 100), '[]',
  repeat('An ninh trật tự địa bàn, tổ nhân dân tự quản. ', 120), 'PUBLISHED', current_date - n * 30, sender
FROM monthly;

INSERT INTO hand_downs (id, version, created_at, updated_at, sent_at, received_at, activity_id, area_id, group_id, outline_id, sender_id,
  reminded_at)
SELECT uuidv7(), 1, at, at, at, CASE WHEN chance < 80 THEN at + interval '3 days' END,
  CASE WHEN chance < 60 THEN a.id END, g.area_id, g.id, o.id, o.sender,
  CASE WHEN chance >= 90 THEN at + interval '10 days' END
FROM monthly o CROSS JOIN groups g
  LEFT JOIN LATERAL (SELECT id FROM activities WHERE group_id = g.id ORDER BY held_on DESC LIMIT 1) a ON true
  CROSS JOIN LATERAL (SELECT now() - o.n * interval '30 days'
    - abs(hashtext(g.code)) % 86400 * interval '1 second' AS at, abs(hashtext(g.code || o.n)) % 100 AS chance) x
WHERE g.kind = 'SELF_GOVERNING' AND g.status = 'ACTIVE';

-- Four of five groups are reviewed each year; nobody has signed this year's.
INSERT INTO reviews (id, version, created_at, updated_at, year, total, review_class, findings, actions, by_police, by_front, signed_on,
  area_id, group_id, scorecard_id, police_signed_on, front_signed_on)
SELECT uuidv7(), 1, day, day, extract(year FROM day), 88, 'EXCELLENT', '', '',
  CASE WHEN past THEN 'Chỉ huy mẫu' ELSE '' END, CASE WHEN past THEN 'Mặt trận mẫu' ELSE '' END,
  CASE WHEN past THEN day END, g.area_id, g.id, (SELECT id FROM scorecards ORDER BY year_from LIMIT 1),
  CASE WHEN past THEN day END, CASE WHEN past THEN day END
FROM groups g CROSS JOIN generate_series(0, 2) y
  CROSS JOIN LATERAL (SELECT (current_date - y * interval '1 year')::date AS day, y > 0 AS past) x
WHERE g.kind = 'SELF_GOVERNING' AND abs(hashtext(g.code || y)) % 10 < 8
  AND NOT EXISTS (SELECT FROM reviews o WHERE o.group_id = g.id);

INSERT INTO enquiries (id, version, created_at, updated_at, channel, topic, question, folded, asked_at, answer, answered_at, published,
  area_id)
SELECT uuidv7(), 1, at, at, 'ZALO', 'Thủ tục', t.question || ' ở ' || c.name || ' thế nào (mẫu ' || n || ')',
  t.folded || ' o ' || c.folded || ' the nao ' || n, at,
  CASE WHEN n % 20 > 0 THEN 'Mang căn cước đến.' ELSE '' END, CASE WHEN n % 20 > 0 THEN at END, n % 40 = 1, c.id
FROM generate_series(1, 60000) n JOIN communes c ON c.rank = 1 + n % 102
  JOIN (VALUES (0, 'Đăng ký tạm trú', 'dang ky tam tru'), (1, 'Cấp căn cước', 'cap can cuoc'),
    (2, 'Đăng ký xe', 'dang ky xe'), (3, 'Khai báo lưu trú', 'khai bao luu tru')) t (rest, question, folded)
    ON t.rest = n % 4
  CROSS JOIN LATERAL (SELECT now() - n * interval '30 minutes' AS at) x;

INSERT INTO education_cases (id, version, created_at, updated_at, code, reason, opened_on, area_id, group_id)
SELECT uuidv7(), 1, now(), now(), 'GD-MAU-' || row_number() OVER (ORDER BY g.id), 'FORMER_PRISONER',
  '2026-01-01', g.area_id, g.id FROM groups g WHERE abs(hashtext(g.code)) % 4 = 0;
