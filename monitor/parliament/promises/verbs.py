"""Verbs of what an administration does, as plain lists. They decide nothing: acts.py says what each list means.

Left out on purpose are verbs of what goes on or is only meant well: to continue, support, help, work, monitor, promote,
encourage, keep, maintain, prioritise, champion, protect, uphold, use, remain, focus.
"""

from __future__ import annotations

from typing import Final

TELLING: Final = (
    "publish release announce unveil consult respond introduce legislate launch outline confirm disclose reply"
)
"""Verbs that tell or propose something to the public."""

FIRM: Final = (
    "update review reintroduce repeal enact abolish ban commence convene establish appoint recruit sign ratify"
    " finalise commission pilot trial evaluate amend replace scrap nationalise reopen deposit reinstate redesign"
    " overhaul outlaw criminalise relaunch conclude issue table devolve legalise regulate clarify rectify repay stop"
    " halt reverse scrutinise analyse study disapply rescind revoke decriminalise renationalise consolidate compile"
    " collate detail redraft incorporate disband rename abandon suspend pardon exempt extend cancel withdraw install deploy"
    " relocate procure contact discontinue reconsider lodge draft redeploy regularise uncap codify inaugurate prohibit"
    " re-establish reconvene"
)
"""Verbs that are bounded by themselves."""

OPEN: Final = (
    "report complete begin start implement expand reform restore decide present submit communicate deliver open close"
    " build hold host visit attend engage assess conduct undertake develop test increase reduce cut raise create"
    " return resume recommence award train end remove cease join revise produce upgrade offer migrate switch invite"
    " meet provide inform notify designate freeze convert plant discuss send circulate undergo eradicate eliminate act"
    " lay share refer schedule determine rebuild renew refresh refurbish modernise digitise streamline simplify"
    " strengthen tighten restart correct accelerate accept acquire action add adjust adopt advance advertise advise"
    " agree align answer approve arrange ask audit authorise bolster book brief broaden buy cap chair change collect"
    " combine compensate construct contract debate declare decommission defer delegate demolish direct dispose"
    " distribute electrify embed employ enlarge enrol enter equip examine investigate expedite explain fill"
    " find fix form formalise fulfil gather generate grant harmonise hire honour identify impose initiate insource"
    " inspect instruct integrate interview lead lease lift limit list lower mandate map measure merge mobilise move"
    " name negotiate nominate order outsource pass pause permit post prepare process progress propose prosecute"
    " purchase reach rebalance rebrand recall recommend recover redevelop refine refit refund register reimburse"
    " reinforce reject relax remedy reorganise repair repatriate replenish request require research resettle reshape"
    " resolve respecify restrict restructure retire retrain retrofit revert revisit run sample select sell separate"
    " serve settle shift shorten shut source speak specify split staff standardise supply survey task terminate"
    " toughen apply transform transition translate uplift uprate vaccinate vary verify waive widen clear proceed achieve"
    " cover exceed pursue do set rise organise link bring relay pay happen occur"
    " realign house rehouse fast-track repurpose relabel arrive extradite stage allocate retain scope"
    " transfer diagnose rollout double halve quadruple triple treble stabilise"
)
"""Verbs that make a promise with a time, or with an object that is one certain thing."""

AIMS: Final = (
    "consider include reset explore improve tackle address enhance ensure decarbonise save grow exit"
    " reflect boost lose hit secure"
)
"""Verbs that make a promise with a day alone: by then it is seen whether it was reached."""

BOUND: Final = "make take give write say place put fund"
"""Verbs that promise nothing without certain objects."""

IRREGULAR: Final = """
    lay:laid:laying begin:begun:beginning set:set:setting build:built:building hold:held:holding meet:met:meeting
    cut:cut:cutting make:made:making bring:brought:bringing take:taken:taking write:written:writing go:gone:going
    put:put:putting give:given:giving come:come:coming say:said:saying withdraw:withdrawn:withdrawing
    seek:sought:seeking send:sent:sending do:done:doing become:become:becoming have:had:having
    undergo:undergone:undergoing freeze:frozen:freezing ban:banned:banning scrap:scrapped:scrapping
    transfer:transferred:transferring refer:referred:referring submit:submitted:submitting commit:committed:committing
    plan:planned:planning stop:stopped:stopping map:mapped:mapping cap:capped:capping uncap:uncapped:uncapping
    buy:bought:buying find:found:finding lead:led:leading run:run:running sell:sold:selling shut:shut:shutting
    speak:spoken:speaking split:split:splitting spend:spent:spending pay:paid:paying enrol:enrolled:enrolling
    fulfil:fulfilled:fulfilling equip:equipped:equipping retrofit:retrofitted:retrofitting grow:grown:growing
    see:seen:seeing defer:deferred:deferring rebuild:rebuilt:rebuilding repay:repaid:repaying lose:lost:losing
    hit:hit:hitting draw:drawn:drawing wind:wound:winding speed:sped:speeding reset:reset:resetting
    undertake:undertaken:undertaking rise:risen:rising bring:brought:bringing permit:permitted:permitting
    trial:trialled:trialling cancel:cancelled:cancelling embed:embedded:embedding agree:agreed:agreeing pay:paid:paying
    refit:refitted:refitting step:stepped:stepping
"""
"""Verbs whose forms follow no rule: base, participle, form in -ing."""
