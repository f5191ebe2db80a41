"""Dictionaries for compressing facts: what the facts of most records have in common.

Frozen: what was compressed with it can't be read without it. Other words for it are another dictionary, under the next
number, beside this one. People and places are invented; what is likeliest stands last, where it is cheapest to point to.
"""

from __future__ import annotations

from typing import Final

_FACTS_1: Final = (
    '"corrected_by":{"constituency":"","corrected_on":"200-0","has_interest":true,"is_gone":true,"is_lapsed":true,'
    '"is_withdrawn":true,"holding_on":"20","is_correction":true,"is_holding":true,"named_day":true,'
    '"original_answer":"","kind":"notice","kind":"statement","house":"scotland","house":"northern_ireland",'
    '"house":"lords","source":"historic","source":"publications","source":"statements","volume":'
    '"attachments":[{"file_type":"application/pdf","size_bytes":,"title":"","url":"https://qna.files.parliament.uk/'
    'qna-attachments/"}],"links":[{"href":"https://www.gov.uk/government/publications/","text":"'
    '"grouped_with":[{"tabled_on":"20","uin":"},{"uin":"refers":["ref:commons:20:written_answers:","num:commons:"],'
    '"person_id":,"printed":"Mr. Mrs. the hon. Member for","office":"The Parliamentary Under-Secretary of State for '
    "Minister of State, Department for Business, Children, Communities and Local Government, Culture, Media and Sport, "
    "Education, Energy and Climate Change, Environment, Food and Rural Affairs, Foreign and Commonwealth Office, "
    "Health and Social Care, Home Office, Housing, International Development, Innovation, Skills, Justice, Northern "
    "Ireland, Prime Minister, Science, Scotland, Trade, Transport, Treasury, Universities, Wales, Women and Equalities, "
    'Work and Pensions, Cabinet Office, Home Department, Ministry of Defence","party":"Scottish National Party",'
    '"party":"Liberal Democrat","party":"Labour (Co-op)","party":"Labour","party":"Conservative"},'
    '{"column":"15","column_to":"16","gid":"uk.org.publicwhip/debate/2009-10-2b.15.8","house":"commons",'
    '"id":"sp-debate-2009-10-2-15-8","kind":"speech","made_by":{"name":"","office":"'
    '"made_on":"2009-","series":"debates","session":"2008-09","source":"theyworkforyou",'
    '"url":"http://www.publications.parliament.uk/pa/cm200809/cmhansrd/cm09102/debtext/9102-0003.htm#091026125'
    '{"answered_by":{"name":"","answered_on":"2009-","asked_by":{"name":"","body":"Defence","column":"1W",'
    '"column_to":"2W","gid":"uk.org.publicwhip/wrans/2009-10-2a.29.q0","house":"commons","id":"pq-commons-2008-09-2",'
    '"is_holding":false,"kind":"question","series":"written_answers","session":"2008-09","source":"theyworkforyou",'
    '"uin":"2","url":"http://www.publications.parliament.uk/pa/cm200809/cmhansrd/cm09102/text/9102w0010.htm#0910261400'
    '{"answered_by":{"constituency":"North East South West","member_id":4,"name":"Baroness Lord Sir Dr ","party":"Labour"},'
    '"answered_on":"2024-1","asked_by":{"constituency":"","member_id":4,"name":"","party":"Conservative"},'
    '"body":"Department for ","body_id":1,"date_for_answer":"2024-1","house":"commons","id":"q-17","is_correction":false,'
    '"is_holding":false,"kind":"question","named_day":false,"source":"questions","tabled_on":"2024-1","uin":"1",'
    '"url":"https://questions-statements.parliament.uk/written-questions/detail/2024-1'
)

FACTS: Final = {1: _FACTS_1.encode()}
"""Dictionaries by the number in the first byte of compressed facts."""
