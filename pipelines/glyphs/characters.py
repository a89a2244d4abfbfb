"""The characters of each dataset of glyphs."""

import string

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
# Common Chinese characters, simplified: of Jun Da's list of frequencies the first 300 (some by memory; their order does
# not matter).
HANZI = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政"
    "美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员"
    "解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件"
    "计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象"
)
CHARACTERS = {"glyphs": LETTERS, "hanzi": "".join(dict.fromkeys(HANZI))}
