"""Names of agents, as patterns: the Government and the bodies under its ministers, independent offices, everybody else.

A body counts as the Government's if a minister answers for what it does: departments, executive agencies, and
arm's-length bodies such as NHS England or Network Rail. Regulators, inspectorates and office-holders that are
independent of ministers do not, nor do councils, courts, companies and other governments.
"""

from __future__ import annotations

from typing import Final

_OFFICES = (
    r"governments?|ministers?|(?:deputy\s+)?prime\s+minister|chancellor(?:\s+of\s+the\s+(?:exchequer|duchy))?"
    r"|chief\s+secretary|secretar(?:y|ies)\s+of\s+state|(?:foreign|home|business|health|education|defence|transport|environment"
    r"|housing|justice|energy|culture|exchequer|economic|financial|parliamentary|cabinet|permanent)\s+secretary"
    r"|under-?\s?secretary|paymaster\s+general|(?:solicitor|attorney)\s+general|lord\s+chancellor|minister\s+of\s+state"
    r"|officials|(?-i:Defence)(?=\s+(?:will|is|has|intends|plans|continues|remains)\b)|(?<!\bin\sthe\s)(?<!\bof\sthe\s)(?<!\bacross\sthe\s)(?-i:NHS)(?=\s*$|\s+(?:in\s+England\s+)?(?:will|is|has|aims|plans|intends)\b)|(?:trade\s+)?envoys?|(?-i:My|my)\s+(?:ministerial\s+)?colleagues?|civil\s+servants|departments?|departmental\s+officials|ministry"
    r"|(?:home|cabinet|foreign|scotland|wales|northern\s+ireland|private|met)\s+office|(?:hm\s+)?treasury"
    r"|(?:hon\.?|honourable|noble)\s+friend|(?-i:UK|United\s+Kingdom|Britain)(?!\s+(?-i:[A-Z])|['\u2019\s]*\w+(?:ed|ing)\s+\w+s\b)"
)
_SHORT_NAMES = (
    r"(?-i:HMG|HMT|HMRC|DWP|DHSC|DfE|DfT|Defra|DEFRA|MOD|MoD|FCDO|DSIT|DBT|DCMS|DESNZ|MHCLG|DLUHC|MoJ|MOJ|BEIS|DIT|NHSE"
    r"|UKHSA|MHRA|HSE|HMCTS|HMPPS|DVLA|DVSA|MCA|UKRI|UKEF|NICE|JCVI|HMLR|VOA|GLD|APHA|RPA|MMO|OHID|DSTL|Dstl|NHSX|HS2|ESFA|STA|UKVI|NCSC|NCA|OPSS"
    r"|NDA|UKAEA|CEFAS|Cefas|JNCC|NISTA|IPA|GDS|CCS|DE&S|DIO|NHSBSA|AAIB|OZEV|LPC|MAC|LAA|CICA|ARIA|UK\sNSC|PINS|GIRFT|GBN|GBE|GBR|CPS|IBCA|MOJ|FSA|NIHR|BDUK)"
)
_BODIES = (
    r"NHS\s+(?:England|Digital|Resolution|Business\s+Services\s+Authority|Blood\s+and\s+Transplant|Supply\s+Chain)"
    r"|National\s+Highways|Highways\s+England|Network\s+Rail|Environment\s+Agency|(?:Natural|Homes|Sport|Historic|Skills|Visit|Forestry"
    r"|Active\s+Travel|Arts\s+Council)\s?England|Innovate\s+UK|Building\s+Digital\s+UK|Border\s+Force|Companies\s+House"
    r"|UK\s+(?:Health\s+Security\s+Agency|Research\s+and\s+Innovation|Export\s+Finance|National\s+Screening\s+Committee"
    r"|Infrastructure\s+Bank|Visas\s+and\s+Immigration)|(?:HM\s+)?Land\s+Registry|Insolvency\s+Service|Planning\s+Inspectorate"
    r"|Valuation\s+Office|Health\s+and\s+Safety\s+Executive|(?:HM|His\s+Majesty['\u2019]s)\s+(?:Revenue|Courts|Prison|Passport)(?:\s+(?:and|&|(?-i:[A-Z])\w+))*"
    r"|Great\s+British\s+(?:Energy|Railways|Nuclear)|National\s+Wealth\s+Fund|Royal\s+(?:Navy|Air\s+Force)|Army|Infected\s+Blood\s+Compensation\s+Authority|Armed\s+Forces"
    r"|Low\s+Pay\s+Commission|Migration\s+Advisory\s+Committee|Law\s+Commission|Forestry\s+Commission|What\s+Works\s+Centres"
    r"|National\s+Institute\s+for\s+Health\s+and\s+(?:Care\s+)?(?:Excellence|Care\s+Research|Research)|Food\s+Standards\s+Agency"
    r"|Medicines\s+and\s+Healthcare\s+products\s+Regulatory\s+Agency|(?:Marine\s+Management|Medical\s+Research)\s+\w+"
    r"|Joint\s+Committee\s+on\s+Vaccination\s+and\s+Immunisation|Office\s+for\s+Health\s+Improvement|British\s+(?:Embassy|High\s+Commission|Consulate(?:\s+(?-i:[A-Z])\w+)?)|Crown\s+Prosecution\s+Service"
    r"|(?-i:[A-Z][\w'\u2019-]+\s+(?:Agency|Service|Directorate|Unit|Taskforce|Task\s+Force|Executive))|task\s?force"
    r"|(?:steering|working|implementation|advisory|project)\s+group|(?:project|programme|policy|delivery)\s+(?:board|team)"
    r"|(?:scheme|fund)\s+administrator|Building\s+Safety\s+Regulator|(?-i:Kew)|British\s+(?:Library|Business\s+Bank|Council)|Ordnance\s+Survey"
    r"|National\s+Archives|Natural\s+History\s+Museum|Student\s+Loans\s+Company|Youth\s+Justice\s+Board|(?:Nuclear\s+Decommissioning|Coal|Mining\s+Remediation"
    r"|North\s+Sea\s+Transition|Trade\s+Remedies)\s+Authority"
)
GOVERNMENT: Final = f"{_OFFICES}|{_SHORT_NAMES}|{_BODIES}"
"""Names of the Government, its members, departments and bodies."""

INDEPENDENT: Final = (
    r"(?-i:Ofcom|Ofgem|Ofwat|Ofsted|Ofqual|OfS|FCA|PRA|PSR|CMA|ICO|EHRC|CQC|GMC|NMC|HMICFRS|HMIP|IOPC|OBR|NAO|TfL|BBC|CAA|ORR"
    r"|LGA|FRC|EU|UN|WHO|NATO|IMF|OECD|GDC|FOS|TPR|TPO|ICBs?|ICSs?|MPC|NPCC|RPC|LSB|OLC|SRA|BMA|RCN|NESO|FSO)"
    r"|Office\s+for\s+(?:Budget\s+Responsibility|Students|Environmental\s+Protection)|Office\s+of\s+Rail\s+and\s+Road"
    r"|Financial\s+(?:Conduct|Ombudsman)[\w\s]*|(?:Competition\s+and\s+Markets|Civil\s+Aviation|Gambling|Prudential\s+Regulation)\s+\w+"
    r"|Bank\s+of\s+England|(?:Electoral|Charity|Care\s+Quality|Equality\s+and\s+Human\s+Rights|European|Gambling)\s+Commission"
    r"|European\s+(?:Union|Parliament)|Crown\s+Estate|Royal\s+Mail|Post\s+Office|Transport\s+for\s+London|World\s+(?:Bank|Health|Trade)"
    r"|Parole\s+Board|Church\s+(?:Commissioners|of\s+England)|Parliamentary\s+Digital|ombudsman"
    r"|independent\s+(?:\w+\s+){0,3}?(?:review(?:er)?|panel|commission|chair|inquiry|body|evaluat\w+|regulator)"
    r"|(?:public|statutory|covid-19|infected\s+blood)\s+inquiry|select\s+committee|(?:Lord(?!\s+(?:Chancellor|Commissioner))|Baroness|Dame|Sir|Professor|Dr)\s+(?-i:[A-Z])\w+\b(?!(?:\s+(?-i:[A-Z])\w+){0,3}?\s+(?-i:Mission|Programme|Fund|Centre|Institute))"
)
"""Names of regulators, office-holders, international bodies and reviews that ministers do not direct."""

PUBLIC: Final = (
    r"councils?|(?:local|planning|combined|mayoral|strategic|public|education|contracting)\s(?:planning\s|education\s|transport\s)?"
    r"authorit(?:y|ies)|authorities|(?:integrated\scare|health|safeguarding)\sboards?|trusts?|House\sof\s(?:Commons|Lords)|Parliament"
    r"|compan(?:y|ies)|operators?|providers?|suppliers?|industry|employers?|landlords?|schools?|colleges?|universit(?:y|ies)"
    r"|police|forces|constabular(?:y|ies)|courts?|tribunals?|judges?|judiciary|coroners?|commissioners?|regulators?|inspectors?|(?<!planning\s)inspectorates?"
    r"|mayors?|inquiry|committees?|applicants?|claimants?|customers?|consumers?|businesses|households?|pensioners?|patients?|people"
    r"|pupils?|students?|individuals?|workers?|farmers?|developers?|banks?|manufacturers?|owners?|residents?|families|parents|children"
    r"|teachers?|offenders?|prisoners?|members?|persons?|women|men|those|anyone|everyone|stakeholders|partners|contractors?"
    r"|practitioners?|governing\sbod(?:y|ies)|charit(?:y|ies)|firms?|airlines?|retailers?|victims?|veterans|tenants?|learners?|adults"
)
"""Names of other public bodies, of trades and of people."""
