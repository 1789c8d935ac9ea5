"""What the rows of each official layout mean, in SQL over their text (`raw`); see `layouts`."""

from __future__ import annotations

FATES = """
with cells as ({cells}),
judged as (
  select *, case
    when special is not null then null
    when geo is null then 'unknown place'
    when period_start is null then 'unknown period'
    when indicator is null then 'unknown indicator'
    when kind not in ('reported', 'predicted', 'provisional', 'final') then 'unknown kind'
    when said is not null and not withheld and (num(said) is null or not isfinite(num(said)))
      then 'the value is not a number'
    when not withheld and num(said) < 0 then 'the value is negative'
    else {again}
  end as reason from cells),
fated as (
  select *, case when special is not null then special when reason is not null then 'quarantined'
    when withheld then 'suppressed' when said is null then 'empty' else 'taken' end as fate from judged)
select row, fate, reason, indicator, geo, period_start, period_kind, basis, kind,
  case when fate = 'taken' then num(said) end as value, unit, fate = 'suppressed' as suppressed, published,
    approximate
from fated order by row, kind
"""
AGAIN = """case when count(*) filter (special is null and (withheld or said is not null)) over (
      partition by indicator, geo, period_start, period_kind, basis, kind, published) > 1 and (withheld or said
        is not null)
    then 'the file gives this number more than once' end"""
# The provisional counts give New York City apart: the row "New York" is the rest of the state.
VSRR_GEO = "case when s.code = 'US-NY' then 'US-NY:rest' else s.code end"
VSRR_STATE = f"""
  select r.row, coalesce(l.id, case when nullif($indicator, '') is not null then $indicator end) as indicator,
    {VSRR_GEO} as geo,
    (day_of(r.year, month_number(r.month)) - interval 11 month)::date as period_start, 'months12' as period_kind,
    'occurrence' as basis, k.kind as kind, cleaned(case when k.kind = 'reported' then r.value else r.predicted
      end) as said,
    coalesce(l.unit, 'deaths') as unit, k.kind = 'reported' and cleaned(r.value) is null as withheld,
    cleaned(r.vintage) as published, false as approximate, null as special
  from raw r cross join (values ('reported'), ('predicted')) k(kind)
  left join spelt s on s.spelt = lower(trim(coalesce(r.geo, 'us')))
  left join labels l on l.label = lower(trim(r.indicator))
"""
VSRR_YEAR = f"""
  select r.row, l.id as indicator, {VSRR_GEO} as geo, day_of(r.year, 1) as period_start, 'months12' as period_kind,
    'occurrence' as basis, 'reported' as kind, cleaned(r.value) as said, coalesce(l.unit, 'deaths') as unit,
    cleaned(r.value) is null as withheld, cleaned(r.vintage) as published, false as approximate, null as special
  from raw r left join spelt s on s.spelt = lower(trim(r.geo)) left join labels l on l.label =
    lower(trim(r.indicator))
"""
WONDER = """
  select r.row, nullif($indicator, '') as indicator, s.code as geo,
    day_of(left(trim(r.month), 4), try_cast(substr(trim(r.month), 6) as int)) as period_start, 'month' as period_kind,
    'residence' as basis, coalesce(nullif($kind, ''), 'final') as kind,
    case when lower(trim(r.value)) = 'suppressed' then null else cleaned(r.value) end as said, 'deaths' as unit,
    lower(trim(r.value)) = 'suppressed' as withheld, cleaned(r.vintage) as published, false as approximate,
    case when lower(trim(r.notes)) = 'total' then 'total' when cleaned(r.notes) is not null and
      cleaned(r.value) is null then 'note' end as special
  from raw r left join spelt s on s.spelt = lower(trim(coalesce(r.geo, 'us')))
"""
CBP_GEO = """case lower(replace(trim(r.region), ' land', '')) when 'southwest border' then 'US:southwest-border'
    when 'northern border' then 'US:northern-border' when 'coastal/interior' then 'US:coastal-interior' end"""
CBP_DRUG = "nullif(trim(regexp_replace(lower(trim(r.drug)), '[^a-z]+', '-', 'g'), '-'), '')"
CBP = f"""
  select r.row, 'seizures-' || {CBP_DRUG} || m.suffix as indicator, {CBP_GEO} as geo, {{day}} as period_start,
    'month' as period_kind, 'place-of-seizure' as basis, 'reported' as kind,
    cleaned(case m.suffix when '-weight' then r.weight else r.events end) as said, m.unit, false as withheld,
    {{published}} as published, {{approximate}} as approximate, null as special
  from raw r cross join (values ('-weight', 'lb'), ('-events', 'events')) m(suffix, unit)
"""
# Fiscal years of the United States begin in October of the year before; "2026 (FYTD)" is an unfinished one.
FISCAL = """day_of(cast(try_cast(regexp_extract(r.fiscal, '\\d{4}') as int)
    - case when month_number(r.month) >= 10 then 1 else 0 end as varchar), month_number(r.month))"""
NFLIS = """
  select r.row, case when lower(trim(r.substance)) = 'fentanyl' then 'nflis-fentanyl'
      when regexp_matches(lower(r.substance), 'anpp|\\bap\\b|piperid|norfentanyl|npp|piperidone')
        and not regexp_matches(lower(r.substance), 'phenethyl 4-anpp') then 'nflis-fentanyl-precursors'
      when cleaned(r.substance) is not null then 'nflis-fentanyl-analogues' end as indicator, s.code as geo,
    {period}, 'place-of-laboratory' as basis, 'reported' as kind, cleaned(r.value) as said, 'reports' as unit,
    false as withheld, cleaned(r.vintage) as published, false as approximate, null as special
  from raw r left join spelt s on s.spelt = lower(trim(r.geo))
"""
CANADA = """
  select r.row, case lower(trim(r.substance)) when 'opioids' then 'opioid-deaths' when 'stimulants' then
    'stimulant-deaths' end
      || case when cleaned(r.aggregator) is null then '' else ':' || lower(trim(r.aggregator)) || ':' ||
        lower(trim(r.disaggregator)) end as indicator,
    s.code as geo, case when regexp_matches(trim(r.period), '^\\d{4}( Q[1-4])?$')
      then day_of(left(trim(r.period), 4), case when length(trim(r.period)) = 4 then 1 else 3 *
        try_cast(right(trim(r.period), 1) as int) - 2 end) end as period_start,
    case when length(trim(r.period)) = 4 then 'year' else 'quarter' end as period_kind, 'occurrence' as basis,
      'provisional' as kind,
    case when lower(trim(r.value)) in ('suppr.', 'n/a', 'na') then null else cleaned(r.value) end as said,
      'deaths' as unit,
    lower(trim(r.value)) = 'suppr.' as withheld, cleaned(r.vintage) as published, false as approximate,
    case when lower(trim(r.what)) <> 'deaths' or lower(trim(r.unit)) <> 'number' then 'note'
      when regexp_matches(lower(r.period), 'jan to') then 'unfinished' end as special
  from raw r left join spelt s on s.spelt = lower(trim(r.geo))
"""
CSV = """
  select r.row, coalesce(cleaned(r.indicator), nullif($indicator, '')) as indicator, coalesce(s.code,
    cleaned(r.geo)) as geo,
    p.period_start, p.period_kind, coalesce(cleaned(r.basis), 'unstated') as basis,
    coalesce(lower(cleaned(r.kind)), nullif($kind, ''), 'reported') as kind,
    case when lower(trim(r.value)) in ('suppressed', 'suppr.') then null else cleaned(r.value) end as said,
    coalesce(cleaned(r.unit), 'count') as unit,
    lower(trim(r.value)) in ('suppressed', 'suppr.') or lower(trim(coalesce(r.suppressed, ''))) in ('true',
      'yes', '1') as withheld,
    cleaned(r.vintage) as published, false as approximate, null as special
  from raw r left join spelt s on s.spelt = lower(trim(r.geo)) left join periods p on p.said = trim(r.period)
"""
