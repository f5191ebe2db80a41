"""Names of agents, as patterns: the Government and the bodies under its ministers, independent offices, everybody else.

A body counts as the Government's if a minister answers for what it does: departments, executive agencies, and
arm's-length bodies such as NHS England or Network Rail. Regulators, inspectorates and office-holders that are
independent of ministers do not, nor do councils, courts, companies and other governments.
"""

from __future__ import annotations

from typing import Final

_OFFICES = (
    r"governments?|ministers?|(?:deputy\s)?prime\sminister|chancellor(?:\sof\sthe\s(?:exchequer|duchy))?"
    r"|chief\ssecretary|secretar(?:y|ies)\sof\sstate|(?:foreign|home|business|health|education|defence|transport|environment"
    r"|housing|justice|energy|culture|exchequer|economic|financial|parliamentary|cabinet|permanent)\ssecretary"
    r"|under-?\s?secretary|paymaster\sgeneral|(?:solicitor|attorney)\sgeneral|lord\schancellor|minister\sof\sstate"
    r"|officials|(?-i:[Mm]y)\s(?:private\s)?office|(?-i:DPM)|(?-i:Defence)(?=\s(?:will|is|has|intends|plans|continues|remains)\b)|(?<!\bin\sthe\s)(?<!\bof\sthe\s)(?<!\bacross\sthe\s)(?-i:NHS)(?=\s*$|\s(?:in\sEngland\s)?(?:will|is|has|aims|plans|intends)\b)|(?:trade\s)?envoys?|(?-i:My|my)\s(?:ministerial\s)?colleagues?|civil\sservants|departments?|departmental\sofficials|ministry"
    r"|(?:home|cabinet|foreign|scotland|wales|northern\sireland|private|met)\soffice|(?:hm\s)?treasury"
    r"|(?:hon\.?|honourable|noble)\sfriend|(?-i:UK|United\sKingdom|Britain)(?!\s(?-i:[A-Z])|['\u2019\s]*\w+(?:ed|ing)\s\w+s\b)"
)
_SHORT_NAMES = (
    r"(?-i:HMG|HMT|HMRC|DWP|DHSC|DfE|DfT|Defra|DEFRA|MOD|MoD|FCDO|DSIT|DBT|DCMS|DESNZ|MHCLG|DLUHC|MoJ|MOJ|BEIS|DIT|NHSE"
    r"|UKHSA|MHRA|HSE|HMCTS|HMPPS|DVLA|DVSA|MCA|UKRI|UKEF|NICE|JCVI|HMLR|VOA|GLD|APHA|RPA|MMO|OHID|DSTL|Dstl|NHSX|HS2|ESFA|STA|UKVI|NCSC|NCA|OPSS"
    r"|NDA|UKAEA|CEFAS|Cefas|JNCC|NISTA|IPA|GDS|CCS|DE&S|DIO|NHSBSA|AAIB|OZEV|LPC|MAC|LAA|CICA|ARIA|UK\sNSC|PINS|GIRFT|GBN|GBE|GBR|CPS|IBCA|MOJ|FSA|NIHR|BDUK)"
)
_BODIES = (
    r"NHS\s(?:England|Digital|Resolution|Business\sServices\sAuthority|Blood\sand\sTransplant|Supply\sChain)"
    r"|National\sHighways|Highways\sEngland|Network\sRail|Environment\sAgency|(?:Natural|Homes|Sport|Historic|Skills|Visit|Forestry"
    r"|Active\sTravel|Arts\sCouncil)\s?England|Innovate\sUK|Building\sDigital\sUK|Border\sForce|Companies\sHouse"
    r"|UK\s(?:Health\sSecurity\sAgency|Research\sand\sInnovation|Export\sFinance|National\sScreening\sCommittee"
    r"|Infrastructure\sBank|Visas\sand\sImmigration)|(?:HM\s)?Land\sRegistry|Insolvency\sService|Planning\sInspectorate"
    r"|Valuation\sOffice|Health\sand\sSafety\sExecutive|(?:HM|His\sMajesty['\u2019]s)\s(?:Revenue|Courts|Prison|Passport)(?:\s(?:and|&|(?-i:[A-Z])\w+))*"
    r"|Great\sBritish\s(?:Energy|Railways|Nuclear)|National\sWealth\sFund|Royal\s(?:Navy|Air\sForce)|Army|Infected\sBlood\sCompensation\sAuthority|Armed\sForces"
    r"|Low\sPay\sCommission|Migration\sAdvisory\sCommittee|Law\sCommission|Forestry\sCommission|What\sWorks\sCentres"
    r"|National\sInstitute\sfor\sHealth\sand\s(?:Care\s)?(?:Excellence|Care\sResearch|Research)|Food\sStandards\sAgency"
    r"|Medicines\sand\sHealthcare\sproducts\sRegulatory\sAgency|(?:Marine\sManagement|Medical\sResearch)\s\w+"
    r"|Joint\sCommittee\son\sVaccination\sand\sImmunisation|Office\sfor\sHealth\sImprovement|British\s(?:Embassy|High\sCommission|Consulate(?:\s(?-i:[A-Z])\w+)?)|Crown\sProsecution\sService"
    r"|(?-i:[A-Z][\w'\u2019-]+\s(?:Agency|Service|Directorate|Unit|Taskforce|Task\sForce|Executive))|task\s?force"
    r"|(?:steering|working|implementation|advisory|project)\sgroup|(?:project|programme|policy|delivery)\s(?:board|team)"
    r"|(?:scheme|fund)\sadministrator|Building\sSafety\sRegulator|(?-i:Kew)|British\s(?:Library|Business\sBank|Council)|Ordnance\sSurvey"
    r"|National\sArchives|Natural\sHistory\sMuseum|Student\sLoans\sCompany|Youth\sJustice\sBoard|(?:Nuclear\sDecommissioning|Coal|Mining\sRemediation"
    r"|North\sSea\sTransition|Trade\sRemedies)\sAuthority"
)
GOVERNMENT: Final = f"{_OFFICES}|{_SHORT_NAMES}|{_BODIES}"
"""Names of the Government, its members, departments and bodies."""

INDEPENDENT: Final = (
    r"(?-i:[Tt]he\sCommission(?=\s[a-z])|Ofcom|Ofgem|Ofwat|Ofsted|Ofqual|OfS|FCA|PRA|PSR|CMA|ICO|EHRC|CQC|GMC|NMC|HMICFRS|HMCI|HMIP|IOPC|OBR|NAO|TfL|BBC|CAA|ORR"
    r"|LGA|FRC|EU|UN|WHO|NATO|IMF|OECD|GDC|FOS|TPR|TPO|ICBs?|ICSs?|MPC|NPCC|RPC|LSB|OLC|SRA|BMA|RCN|NESO|FSO)"
    r"|Office\sfor\s(?:Budget\sResponsibility|Students|Environmental\sProtection)|Office\sof\sRail\sand\sRoad"
    r"|Financial\s(?:Conduct|Ombudsman)[\w\s]*|(?:Competition\sand\sMarkets|Civil\sAviation|Gambling|Prudential\sRegulation)\s\w+"
    r"|Bank\sof\sEngland|(?:Electoral|Charity|Care\sQuality|Equality\sand\sHuman\sRights|European|Gambling)\sCommission"
    r"|European\s(?:Union|Parliament)|Crown\sEstate|Royal\sMail|Post\sOffice|Transport\sfor\sLondon|World\s(?:Bank|Health|Trade)"
    r"|Parole\sBoard|Church\s(?:Commissioners|of\sEngland)|Parliamentary\sDigital|ombudsman"
    r"|independent\s(?:\w+\s){0,3}?(?:review(?:er)?|panel|commission|chair|inquiry|body|evaluat\w+|regulator)"
    r"|(?:public|statutory|covid-19|infected\sblood)\sinquiry|select\scommittee|(?:Lord(?!\s(?:Chancellor|Commissioner))|Baroness|Dame|Sir|Professor|Dr)\s(?-i:[A-Z])\w+\b(?!(?:\s(?-i:[A-Z])\w+){0,3}?\s(?-i:Mission|Programme|Fund|Centre|Institute))"
)
"""Names of regulators, office-holders, international bodies and reviews that ministers do not direct."""

PUBLIC: Final = (
    r"councils?|(?:local|planning|combined|mayoral|strategic|public|education|contracting)\s(?:planning\s|education\s|transport\s)?"
    r"authorit(?:y|ies)|authorities|(?:integrated\scare|health|safeguarding)\sboards?|trusts?|House\sof\s(?:Commons|Lords)|Parliament"
    r"|compan(?:y|ies)|operators?|providers?|suppliers?|industry|employers?|landlords?|schools?|colleges?|universit(?:y|ies)"
    r"|police|forces|constabular(?:y|ies)|courts?|tribunals?|judges?|judiciary|coroners?|commissioners?|regulators?|inspectors?|(?<!planning\s)inspectorates?"
    r"|mayors?|inquiry|committees?|applicants?|claimants?|customers?|consumers?|businesses|households?|pensioners?|patients?|people"
    r"|pupils?|students?|individuals?|workers?|farmers?|developers?|banks?|manufacturers?|owners?|residents?|families|parents|children"
    r"|teachers?|member\sstates|offenders?|prisoners?|members?|persons?|women|men|those|anyone|everyone|stakeholders|partners|organisations|contractors?"
    r"|practitioners?|governing\sbod(?:y|ies)|charit(?:y|ies)|firms?|airlines?|retailers?|victims?|veterans|tenants?|learners?|adults"
)
"""Names of other public bodies, of trades and of people."""
